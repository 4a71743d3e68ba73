7::int2 + -7::int2
32767::int2 + 7::int2
(-32768)::int2 + -7::int2
7::int2 + 0::int2
7::int2 - -7::int2
32767::int2 - 7::int2
(-32768)::int2 - -7::int2
7::int2 - 0::int2
7::int2 * -7::int2
32767::int2 * 7::int2
(-32768)::int2 * -7::int2
7::int2 * 0::int2
7::int2 / -7::int2
32767::int2 / 7::int2
(-32768)::int2 / -7::int2
7::int2 / 0::int2
7::int2 + -7
32767::int2 + 7
(-32768)::int2 + -7
7::int2 + 0
7::int2 - -7
32767::int2 - 7
(-32768)::int2 - -7
7::int2 - 0
7::int2 * -7
32767::int2 * 7
(-32768)::int2 * -7
7::int2 * 0
7::int2 / -7
32767::int2 / 7
(-32768)::int2 / -7
7::int2 / 0
7::int2 + -7::int8
32767::int2 + 7::int8
(-32768)::int2 + -7::int8
7::int2 + 0::int8
7::int2 - -7::int8
32767::int2 - 7::int8
(-32768)::int2 - -7::int8
7::int2 - 0::int8
7::int2 * -7::int8
32767::int2 * 7::int8
(-32768)::int2 * -7::int8
7::int2 * 0::int8
7::int2 / -7::int8
32767::int2 / 7::int8
(-32768)::int2 / -7::int8
7::int2 / 0::int8
7::int2 % -7::int2
(-32768)::int2 % -7::int2
32767::int2 % 7::int2
7::int2 & -7::int2
(-32768)::int2 & -7::int2
32767::int2 & 7::int2
7::int2 | -7::int2
(-32768)::int2 | -7::int2
32767::int2 | 7::int2
7::int2 # -7::int2
(-32768)::int2 # -7::int2
32767::int2 # 7::int2
7::int2 % 0::int2
7::int2 << 1
7::int2 << 31
7::int2 << 33
7::int2 << -1
(-32768)::int2 << 3
7::int2 >> 1
7::int2 >> 31
7::int2 >> 33
7::int2 >> -1
(-32768)::int2 >> 3
- 0::int2
+ 0::int2
@ 0::int2
~ 0::int2
abs(0::int2)
- 7::int2
+ 7::int2
@ 7::int2
~ 7::int2
abs(7::int2)
- -7::int2
+ -7::int2
@ -7::int2
~ -7::int2
abs(-7::int2)
- 32767::int2
+ 32767::int2
@ 32767::int2
~ 32767::int2
abs(32767::int2)
- (-32768)::int2
+ (-32768)::int2
@ (-32768)::int2
~ (-32768)::int2
abs((-32768)::int2)
7 + -7::int2
2147483647 + 7::int2
(-2147483648) + -7::int2
7 + 0::int2
7 - -7::int2
2147483647 - 7::int2
(-2147483648) - -7::int2
7 - 0::int2
7 * -7::int2
2147483647 * 7::int2
(-2147483648) * -7::int2
7 * 0::int2
7 / -7::int2
2147483647 / 7::int2
(-2147483648) / -7::int2
7 / 0::int2
7 + -7
2147483647 + 7
(-2147483648) + -7
7 + 0
7 - -7
2147483647 - 7
(-2147483648) - -7
7 - 0
7 * -7
2147483647 * 7
(-2147483648) * -7
7 * 0
7 / -7
2147483647 / 7
(-2147483648) / -7
7 / 0
7 + -7::int8
2147483647 + 7::int8
(-2147483648) + -7::int8
7 + 0::int8
7 - -7::int8
2147483647 - 7::int8
(-2147483648) - -7::int8
7 - 0::int8
7 * -7::int8
2147483647 * 7::int8
(-2147483648) * -7::int8
7 * 0::int8
7 / -7::int8
2147483647 / 7::int8
(-2147483648) / -7::int8
7 / 0::int8
7 % -7
(-2147483648) % -7
2147483647 % 7
7 & -7
(-2147483648) & -7
2147483647 & 7
7 | -7
(-2147483648) | -7
2147483647 | 7
7 # -7
(-2147483648) # -7
2147483647 # 7
7 % 0
7 << 1
7 << 31
7 << 33
7 << -1
(-2147483648) << 3
7 >> 1
7 >> 31
7 >> 33
7 >> -1
(-2147483648) >> 3
- 0
+ 0
@ 0
~ 0
abs(0)
- 7
+ 7
@ 7
~ 7
abs(7)
- -7
+ -7
@ -7
~ -7
abs(-7)
- 2147483647
+ 2147483647
@ 2147483647
~ 2147483647
abs(2147483647)
- (-2147483648)
+ (-2147483648)
@ (-2147483648)
~ (-2147483648)
abs((-2147483648))
7::int8 + -7::int2
9223372036854775807 + 7::int2
(-9223372036854775808) + -7::int2
7::int8 + 0::int2
7::int8 - -7::int2
9223372036854775807 - 7::int2
(-9223372036854775808) - -7::int2
7::int8 - 0::int2
7::int8 * -7::int2
9223372036854775807 * 7::int2
(-9223372036854775808) * -7::int2
7::int8 * 0::int2
7::int8 / -7::int2
9223372036854775807 / 7::int2
(-9223372036854775808) / -7::int2
7::int8 / 0::int2
7::int8 + -7
9223372036854775807 + 7
(-9223372036854775808) + -7
7::int8 + 0
7::int8 - -7
9223372036854775807 - 7
(-9223372036854775808) - -7
7::int8 - 0
7::int8 * -7
9223372036854775807 * 7
(-9223372036854775808) * -7
7::int8 * 0
7::int8 / -7
9223372036854775807 / 7
(-9223372036854775808) / -7
7::int8 / 0
7::int8 + -7::int8
9223372036854775807 + 7::int8
(-9223372036854775808) + -7::int8
7::int8 + 0::int8
7::int8 - -7::int8
9223372036854775807 - 7::int8
(-9223372036854775808) - -7::int8
7::int8 - 0::int8
7::int8 * -7::int8
9223372036854775807 * 7::int8
(-9223372036854775808) * -7::int8
7::int8 * 0::int8
7::int8 / -7::int8
9223372036854775807 / 7::int8
(-9223372036854775808) / -7::int8
7::int8 / 0::int8
7::int8 % -7::int8
(-9223372036854775808) % -7::int8
9223372036854775807 % 7::int8
7::int8 & -7::int8
(-9223372036854775808) & -7::int8
9223372036854775807 & 7::int8
7::int8 | -7::int8
(-9223372036854775808) | -7::int8
9223372036854775807 | 7::int8
7::int8 # -7::int8
(-9223372036854775808) # -7::int8
9223372036854775807 # 7::int8
7::int8 % 0::int8
7::int8 << 1
7::int8 << 31
7::int8 << 33
7::int8 << -1
(-9223372036854775808) << 3
7::int8 >> 1
7::int8 >> 31
7::int8 >> 33
7::int8 >> -1
(-9223372036854775808) >> 3
- 0::int8
+ 0::int8
@ 0::int8
~ 0::int8
abs(0::int8)
- 7::int8
+ 7::int8
@ 7::int8
~ 7::int8
abs(7::int8)
- -7::int8
+ -7::int8
@ -7::int8
~ -7::int8
abs(-7::int8)
- 9223372036854775807
+ 9223372036854775807
@ 9223372036854775807
~ 9223372036854775807
abs(9223372036854775807)
- (-9223372036854775808)
+ (-9223372036854775808)
@ (-9223372036854775808)
~ (-9223372036854775808)
abs((-9223372036854775808))
1 < 2
1::int2 < 1::int8
2.5 < 2.50
'NaN'::float8 < 'Infinity'::float8
'NaN'::float8 < 'NaN'::float8
-0.0::float8 < 0.0::float8
1.5::float4 < 1.5::float8
'a' < 'B'
'a'::name < 'a'::text
'a '::bpchar < 'a'::bpchar
'a '::varchar < 'a'::varchar
true < false
'\x01'::bytea < '\x0100'::bytea
date '2024-01-01' < timestamp '2024-01-01 00:00'
date '2024-01-01' < timestamptz '2024-01-01 00:00+01'
timestamp '2024-01-01' < timestamptz '2024-01-01 00:00+00'
date 'infinity' < timestamp 'infinity'
interval '1 month' < interval '30 days'
interval '1 day' < interval '24 hours 1 second'
'00000000-0000-0000-0000-000000000001'::uuid < 'ffffffff-0000-0000-0000-000000000001'::uuid
array[1,2] < array[1,3]
array[1,2] < array[1,2,3]
array[1,null] < array[1,2]
'a'::"char" < 'b'::"char"
10::oid < 9::oid
'NaN'::numeric < 'Infinity'::numeric
1e-10 < 0
date '5874897-12-31' < timestamp 'infinity'
1 <= 2
1::int2 <= 1::int8
2.5 <= 2.50
'NaN'::float8 <= 'Infinity'::float8
'NaN'::float8 <= 'NaN'::float8
-0.0::float8 <= 0.0::float8
1.5::float4 <= 1.5::float8
'a' <= 'B'
'a'::name <= 'a'::text
'a '::bpchar <= 'a'::bpchar
'a '::varchar <= 'a'::varchar
true <= false
'\x01'::bytea <= '\x0100'::bytea
date '2024-01-01' <= timestamp '2024-01-01 00:00'
date '2024-01-01' <= timestamptz '2024-01-01 00:00+01'
timestamp '2024-01-01' <= timestamptz '2024-01-01 00:00+00'
date 'infinity' <= timestamp 'infinity'
interval '1 month' <= interval '30 days'
interval '1 day' <= interval '24 hours 1 second'
'00000000-0000-0000-0000-000000000001'::uuid <= 'ffffffff-0000-0000-0000-000000000001'::uuid
array[1,2] <= array[1,3]
array[1,2] <= array[1,2,3]
array[1,null] <= array[1,2]
'a'::"char" <= 'b'::"char"
10::oid <= 9::oid
'NaN'::numeric <= 'Infinity'::numeric
1e-10 <= 0
date '5874897-12-31' <= timestamp 'infinity'
1 = 2
1::int2 = 1::int8
2.5 = 2.50
'NaN'::float8 = 'Infinity'::float8
'NaN'::float8 = 'NaN'::float8
-0.0::float8 = 0.0::float8
1.5::float4 = 1.5::float8
'a' = 'B'
'a'::name = 'a'::text
'a '::bpchar = 'a'::bpchar
'a '::varchar = 'a'::varchar
true = false
'\x01'::bytea = '\x0100'::bytea
date '2024-01-01' = timestamp '2024-01-01 00:00'
date '2024-01-01' = timestamptz '2024-01-01 00:00+01'
timestamp '2024-01-01' = timestamptz '2024-01-01 00:00+00'
date 'infinity' = timestamp 'infinity'
interval '1 month' = interval '30 days'
interval '1 day' = interval '24 hours 1 second'
'00000000-0000-0000-0000-000000000001'::uuid = 'ffffffff-0000-0000-0000-000000000001'::uuid
array[1,2] = array[1,3]
array[1,2] = array[1,2,3]
array[1,null] = array[1,2]
'a'::"char" = 'b'::"char"
10::oid = 9::oid
'NaN'::numeric = 'Infinity'::numeric
1e-10 = 0
date '5874897-12-31' = timestamp 'infinity'
1 <> 2
1::int2 <> 1::int8
2.5 <> 2.50
'NaN'::float8 <> 'Infinity'::float8
'NaN'::float8 <> 'NaN'::float8
-0.0::float8 <> 0.0::float8
1.5::float4 <> 1.5::float8
'a' <> 'B'
'a'::name <> 'a'::text
'a '::bpchar <> 'a'::bpchar
'a '::varchar <> 'a'::varchar
true <> false
'\x01'::bytea <> '\x0100'::bytea
date '2024-01-01' <> timestamp '2024-01-01 00:00'
date '2024-01-01' <> timestamptz '2024-01-01 00:00+01'
timestamp '2024-01-01' <> timestamptz '2024-01-01 00:00+00'
date 'infinity' <> timestamp 'infinity'
interval '1 month' <> interval '30 days'
interval '1 day' <> interval '24 hours 1 second'
'00000000-0000-0000-0000-000000000001'::uuid <> 'ffffffff-0000-0000-0000-000000000001'::uuid
array[1,2] <> array[1,3]
array[1,2] <> array[1,2,3]
array[1,null] <> array[1,2]
'a'::"char" <> 'b'::"char"
10::oid <> 9::oid
'NaN'::numeric <> 'Infinity'::numeric
1e-10 <> 0
date '5874897-12-31' <> timestamp 'infinity'
1 >= 2
1::int2 >= 1::int8
2.5 >= 2.50
'NaN'::float8 >= 'Infinity'::float8
'NaN'::float8 >= 'NaN'::float8
-0.0::float8 >= 0.0::float8
1.5::float4 >= 1.5::float8
'a' >= 'B'
'a'::name >= 'a'::text
'a '::bpchar >= 'a'::bpchar
'a '::varchar >= 'a'::varchar
true >= false
'\x01'::bytea >= '\x0100'::bytea
date '2024-01-01' >= timestamp '2024-01-01 00:00'
date '2024-01-01' >= timestamptz '2024-01-01 00:00+01'
timestamp '2024-01-01' >= timestamptz '2024-01-01 00:00+00'
date 'infinity' >= timestamp 'infinity'
interval '1 month' >= interval '30 days'
interval '1 day' >= interval '24 hours 1 second'
'00000000-0000-0000-0000-000000000001'::uuid >= 'ffffffff-0000-0000-0000-000000000001'::uuid
array[1,2] >= array[1,3]
array[1,2] >= array[1,2,3]
array[1,null] >= array[1,2]
'a'::"char" >= 'b'::"char"
10::oid >= 9::oid
'NaN'::numeric >= 'Infinity'::numeric
1e-10 >= 0
date '5874897-12-31' >= timestamp 'infinity'
1 > 2
1::int2 > 1::int8
2.5 > 2.50
'NaN'::float8 > 'Infinity'::float8
'NaN'::float8 > 'NaN'::float8
-0.0::float8 > 0.0::float8
1.5::float4 > 1.5::float8
'a' > 'B'
'a'::name > 'a'::text
'a '::bpchar > 'a'::bpchar
'a '::varchar > 'a'::varchar
true > false
'\x01'::bytea > '\x0100'::bytea
date '2024-01-01' > timestamp '2024-01-01 00:00'
date '2024-01-01' > timestamptz '2024-01-01 00:00+01'
timestamp '2024-01-01' > timestamptz '2024-01-01 00:00+00'
date 'infinity' > timestamp 'infinity'
interval '1 month' > interval '30 days'
interval '1 day' > interval '24 hours 1 second'
'00000000-0000-0000-0000-000000000001'::uuid > 'ffffffff-0000-0000-0000-000000000001'::uuid
array[1,2] > array[1,3]
array[1,2] > array[1,2,3]
array[1,null] > array[1,2]
'a'::"char" > 'b'::"char"
10::oid > 9::oid
'NaN'::numeric > 'Infinity'::numeric
1e-10 > 0
date '5874897-12-31' > timestamp 'infinity'
1e308::float8 + 1e308::float8
1e-308::float8 + 1e-308::float8
1.5::float8 + 0::float8
'NaN'::float8 + 0::float8
'Infinity'::float8 + 'Infinity'::float8
1.1::float4 + 2.2::float4
1.1::float4 + 2.2::float8
3e38::float4 + 3e38::float4
1.1::float8 + -3.7::float8
1e-40::float4 + 1e-10::float4
1e308::float8 - 1e308::float8
1e-308::float8 - 1e-308::float8
1.5::float8 - 0::float8
'NaN'::float8 - 0::float8
'Infinity'::float8 - 'Infinity'::float8
1.1::float4 - 2.2::float4
1.1::float4 - 2.2::float8
3e38::float4 - 3e38::float4
1.1::float8 - -3.7::float8
1e-40::float4 - 1e-10::float4
1e308::float8 * 1e308::float8
1e-308::float8 * 1e-308::float8
1.5::float8 * 0::float8
'NaN'::float8 * 0::float8
'Infinity'::float8 * 'Infinity'::float8
1.1::float4 * 2.2::float4
1.1::float4 * 2.2::float8
3e38::float4 * 3e38::float4
1.1::float8 * -3.7::float8
1e-40::float4 * 1e-10::float4
1e308::float8 / 1e308::float8
1e-308::float8 / 1e-308::float8
1.5::float8 / 0::float8
'NaN'::float8 / 0::float8
'Infinity'::float8 / 'Infinity'::float8
1.1::float4 / 2.2::float4
1.1::float4 / 2.2::float8
3e38::float4 / 3e38::float4
1.1::float8 / -3.7::float8
1e-40::float4 / 1e-10::float4
abs(0::float8)
abs(0.5::float8)
abs((-0.5)::float8)
abs(1::float8)
abs((-1)::float8)
abs(2.5::float8)
abs((-2.5)::float8)
abs(30::float8)
abs(45::float8)
abs(60::float8)
abs(90::float8)
abs(180::float8)
abs((-270)::float8)
abs(720::float8)
abs('NaN'::float8)
abs('Infinity'::float8)
abs('-Infinity'::float8)
abs(1000::float8)
cbrt(0::float8)
cbrt(0.5::float8)
cbrt((-0.5)::float8)
cbrt(1::float8)
cbrt((-1)::float8)
cbrt(2.5::float8)
cbrt((-2.5)::float8)
cbrt('NaN'::float8)
cbrt('Infinity'::float8)
cbrt('-Infinity'::float8)
cbrt(1000::float8)
ceil(0::float8)
ceil(0.5::float8)
ceil((-0.5)::float8)
ceil(1::float8)
ceil((-1)::float8)
ceil(2.5::float8)
ceil((-2.5)::float8)
ceil(30::float8)
ceil(45::float8)
ceil(60::float8)
ceil(90::float8)
ceil(180::float8)
ceil((-270)::float8)
ceil(720::float8)
ceil('NaN'::float8)
ceil('Infinity'::float8)
ceil('-Infinity'::float8)
ceil(1000::float8)
ceiling(0::float8)
ceiling(0.5::float8)
ceiling((-0.5)::float8)
ceiling(1::float8)
ceiling((-1)::float8)
ceiling(2.5::float8)
ceiling((-2.5)::float8)
ceiling(30::float8)
ceiling(45::float8)
ceiling(60::float8)
ceiling(90::float8)
ceiling(180::float8)
ceiling((-270)::float8)
ceiling(720::float8)
ceiling('NaN'::float8)
ceiling('Infinity'::float8)
ceiling('-Infinity'::float8)
ceiling(1000::float8)
floor(0::float8)
floor(0.5::float8)
floor((-0.5)::float8)
floor(1::float8)
floor((-1)::float8)
floor(2.5::float8)
floor((-2.5)::float8)
floor(30::float8)
floor(45::float8)
floor(60::float8)
floor(90::float8)
floor(180::float8)
floor((-270)::float8)
floor(720::float8)
floor('NaN'::float8)
floor('Infinity'::float8)
floor('-Infinity'::float8)
floor(1000::float8)
round(0::float8)
round(0.5::float8)
round((-0.5)::float8)
round(1::float8)
round((-1)::float8)
round(2.5::float8)
round((-2.5)::float8)
round(30::float8)
round(45::float8)
round(60::float8)
round(90::float8)
round(180::float8)
round((-270)::float8)
round(720::float8)
round('NaN'::float8)
round('Infinity'::float8)
round('-Infinity'::float8)
round(1000::float8)
trunc(0::float8)
trunc(0.5::float8)
trunc((-0.5)::float8)
trunc(1::float8)
trunc((-1)::float8)
trunc(2.5::float8)
trunc((-2.5)::float8)
trunc(30::float8)
trunc(45::float8)
trunc(60::float8)
trunc(90::float8)
trunc(180::float8)
trunc((-270)::float8)
trunc(720::float8)
trunc('NaN'::float8)
trunc('Infinity'::float8)
trunc('-Infinity'::float8)
trunc(1000::float8)
sign(0::float8)
sign(0.5::float8)
sign((-0.5)::float8)
sign(1::float8)
sign((-1)::float8)
sign(2.5::float8)
sign((-2.5)::float8)
sign(30::float8)
sign(45::float8)
sign(60::float8)
sign(90::float8)
sign(180::float8)
sign((-270)::float8)
sign(720::float8)
sign('NaN'::float8)
sign('Infinity'::float8)
sign('-Infinity'::float8)
sign(1000::float8)
sqrt(0::float8)
sqrt(0.5::float8)
sqrt((-0.5)::float8)
sqrt(1::float8)
sqrt((-1)::float8)
sqrt(2.5::float8)
sqrt((-2.5)::float8)
sqrt(30::float8)
sqrt(45::float8)
sqrt(60::float8)
sqrt(90::float8)
sqrt(180::float8)
sqrt((-270)::float8)
sqrt(720::float8)
sqrt('NaN'::float8)
sqrt('Infinity'::float8)
sqrt('-Infinity'::float8)
sqrt(1000::float8)
exp(0::float8)
exp(0.5::float8)
exp((-0.5)::float8)
exp(1::float8)
exp((-1)::float8)
exp(2.5::float8)
exp((-2.5)::float8)
exp('NaN'::float8)
exp('Infinity'::float8)
exp('-Infinity'::float8)
exp(1000::float8)
ln(0::float8)
ln(0.5::float8)
ln((-0.5)::float8)
ln(1::float8)
ln((-1)::float8)
ln(2.5::float8)
ln((-2.5)::float8)
ln('NaN'::float8)
ln('Infinity'::float8)
ln('-Infinity'::float8)
ln(1000::float8)
log(0::float8)
log(0.5::float8)
log((-0.5)::float8)
log(1::float8)
log((-1)::float8)
log(2.5::float8)
log((-2.5)::float8)
log('NaN'::float8)
log('Infinity'::float8)
log('-Infinity'::float8)
log(1000::float8)
log10(0::float8)
log10(0.5::float8)
log10((-0.5)::float8)
log10(1::float8)
log10((-1)::float8)
log10(2.5::float8)
log10((-2.5)::float8)
log10(30::float8)
log10(45::float8)
log10(60::float8)
log10(90::float8)
log10(180::float8)
log10((-270)::float8)
log10(720::float8)
log10('NaN'::float8)
log10('Infinity'::float8)
log10('-Infinity'::float8)
log10(1000::float8)
degrees(0::float8)
degrees(0.5::float8)
degrees((-0.5)::float8)
degrees(1::float8)
degrees((-1)::float8)
degrees(2.5::float8)
degrees((-2.5)::float8)
degrees(30::float8)
degrees(45::float8)
degrees(60::float8)
degrees(90::float8)
degrees(180::float8)
degrees((-270)::float8)
degrees(720::float8)
degrees('NaN'::float8)
degrees('Infinity'::float8)
degrees('-Infinity'::float8)
degrees(1000::float8)
radians(0::float8)
radians(0.5::float8)
radians((-0.5)::float8)
radians(1::float8)
radians((-1)::float8)
radians(2.5::float8)
radians((-2.5)::float8)
radians(30::float8)
radians(45::float8)
radians(60::float8)
radians(90::float8)
radians(180::float8)
radians((-270)::float8)
radians(720::float8)
radians('NaN'::float8)
radians('Infinity'::float8)
radians('-Infinity'::float8)
radians(1000::float8)
sin(0::float8)
sin(0.5::float8)
sin((-0.5)::float8)
sin(1::float8)
sin((-1)::float8)
sin(2.5::float8)
sin((-2.5)::float8)
sin('NaN'::float8)
sin('Infinity'::float8)
sin('-Infinity'::float8)
sin(1000::float8)
cos(0::float8)
cos(0.5::float8)
cos((-0.5)::float8)
cos(1::float8)
cos((-1)::float8)
cos(2.5::float8)
cos((-2.5)::float8)
cos('NaN'::float8)
cos('Infinity'::float8)
cos('-Infinity'::float8)
cos(1000::float8)
tan(0::float8)
tan(0.5::float8)
tan((-0.5)::float8)
tan(1::float8)
tan((-1)::float8)
tan(2.5::float8)
tan((-2.5)::float8)
tan('NaN'::float8)
tan('Infinity'::float8)
tan('-Infinity'::float8)
tan(1000::float8)
cot(0::float8)
cot(0.5::float8)
cot((-0.5)::float8)
cot(1::float8)
cot((-1)::float8)
cot(2.5::float8)
cot((-2.5)::float8)
cot('NaN'::float8)
cot('Infinity'::float8)
cot('-Infinity'::float8)
cot(1000::float8)
asin(0::float8)
asin(0.5::float8)
asin((-0.5)::float8)
asin(1::float8)
asin((-1)::float8)
asin(2.5::float8)
asin((-2.5)::float8)
asin(30::float8)
asin(45::float8)
asin(60::float8)
asin(90::float8)
asin(180::float8)
asin((-270)::float8)
asin(720::float8)
asin('NaN'::float8)
asin('Infinity'::float8)
asin('-Infinity'::float8)
asin(1000::float8)
acos(0::float8)
acos(0.5::float8)
acos((-0.5)::float8)
acos(1::float8)
acos((-1)::float8)
acos(2.5::float8)
acos((-2.5)::float8)
acos(30::float8)
acos(45::float8)
acos(60::float8)
acos(90::float8)
acos(180::float8)
acos((-270)::float8)
acos(720::float8)
acos('NaN'::float8)
acos('Infinity'::float8)
acos('-Infinity'::float8)
acos(1000::float8)
atan(0::float8)
atan(0.5::float8)
atan((-0.5)::float8)
atan(1::float8)
atan((-1)::float8)
atan(2.5::float8)
atan((-2.5)::float8)
atan(30::float8)
atan(45::float8)
atan(60::float8)
atan(90::float8)
atan(180::float8)
atan((-270)::float8)
atan(720::float8)
atan('NaN'::float8)
atan('Infinity'::float8)
atan('-Infinity'::float8)
atan(1000::float8)
sind(0::float8)
sind(0.5::float8)
sind((-0.5)::float8)
sind(1::float8)
sind((-1)::float8)
sind(2.5::float8)
sind((-2.5)::float8)
sind(30::float8)
sind(45::float8)
sind(60::float8)
sind(90::float8)
sind(180::float8)
sind((-270)::float8)
sind(720::float8)
sind('NaN'::float8)
sind('Infinity'::float8)
sind('-Infinity'::float8)
sind(1000::float8)
cosd(0::float8)
cosd(0.5::float8)
cosd((-0.5)::float8)
cosd(1::float8)
cosd((-1)::float8)
cosd(2.5::float8)
cosd((-2.5)::float8)
cosd(30::float8)
cosd(45::float8)
cosd(60::float8)
cosd(90::float8)
cosd(180::float8)
cosd((-270)::float8)
cosd(720::float8)
cosd('NaN'::float8)
cosd('Infinity'::float8)
cosd('-Infinity'::float8)
cosd(1000::float8)
tand(0::float8)
tand(0.5::float8)
tand((-0.5)::float8)
tand(1::float8)
tand((-1)::float8)
tand(2.5::float8)
tand((-2.5)::float8)
tand(30::float8)
tand(45::float8)
tand(60::float8)
tand(90::float8)
tand(180::float8)
tand((-270)::float8)
tand(720::float8)
tand('NaN'::float8)
tand('Infinity'::float8)
tand('-Infinity'::float8)
tand(1000::float8)
cotd(0::float8)
cotd(0.5::float8)
cotd((-0.5)::float8)
cotd(1::float8)
cotd((-1)::float8)
cotd(2.5::float8)
cotd((-2.5)::float8)
cotd(30::float8)
cotd(45::float8)
cotd(60::float8)
cotd(90::float8)
cotd(180::float8)
cotd((-270)::float8)
cotd(720::float8)
cotd('NaN'::float8)
cotd('Infinity'::float8)
cotd('-Infinity'::float8)
cotd(1000::float8)
asind(0::float8)
asind(0.5::float8)
asind((-0.5)::float8)
asind(1::float8)
asind((-1)::float8)
asind(2.5::float8)
asind((-2.5)::float8)
asind(30::float8)
asind(45::float8)
asind(60::float8)
asind(90::float8)
asind(180::float8)
asind((-270)::float8)
asind(720::float8)
asind('NaN'::float8)
asind('Infinity'::float8)
asind('-Infinity'::float8)
asind(1000::float8)
acosd(0::float8)
acosd(0.5::float8)
acosd((-0.5)::float8)
acosd(1::float8)
acosd((-1)::float8)
acosd(2.5::float8)
acosd((-2.5)::float8)
acosd(30::float8)
acosd(45::float8)
acosd(60::float8)
acosd(90::float8)
acosd(180::float8)
acosd((-270)::float8)
acosd(720::float8)
acosd('NaN'::float8)
acosd('Infinity'::float8)
acosd('-Infinity'::float8)
acosd(1000::float8)
atand(0::float8)
atand(0.5::float8)
atand((-0.5)::float8)
atand(1::float8)
atand((-1)::float8)
atand(2.5::float8)
atand((-2.5)::float8)
atand(30::float8)
atand(45::float8)
atand(60::float8)
atand(90::float8)
atand(180::float8)
atand((-270)::float8)
atand(720::float8)
atand('NaN'::float8)
atand('Infinity'::float8)
atand('-Infinity'::float8)
atand(1000::float8)
sinh(0::float8)
sinh(0.5::float8)
sinh((-0.5)::float8)
sinh(1::float8)
sinh((-1)::float8)
sinh(2.5::float8)
sinh((-2.5)::float8)
sinh('NaN'::float8)
sinh('Infinity'::float8)
sinh('-Infinity'::float8)
sinh(1000::float8)
cosh(0::float8)
cosh(0.5::float8)
cosh((-0.5)::float8)
cosh(1::float8)
cosh((-1)::float8)
cosh(2.5::float8)
cosh((-2.5)::float8)
cosh('NaN'::float8)
cosh('Infinity'::float8)
cosh('-Infinity'::float8)
cosh(1000::float8)
tanh(0::float8)
tanh(0.5::float8)
tanh((-0.5)::float8)
tanh(1::float8)
tanh((-1)::float8)
tanh(2.5::float8)
tanh((-2.5)::float8)
tanh('NaN'::float8)
tanh('Infinity'::float8)
tanh('-Infinity'::float8)
tanh(1000::float8)
asinh(0::float8)
asinh(0.5::float8)
asinh((-0.5)::float8)
asinh(1::float8)
asinh((-1)::float8)
asinh(2.5::float8)
asinh((-2.5)::float8)
asinh('NaN'::float8)
asinh('Infinity'::float8)
asinh('-Infinity'::float8)
asinh(1000::float8)
acosh(0::float8)
acosh(0.5::float8)
acosh((-0.5)::float8)
acosh(1::float8)
acosh((-1)::float8)
acosh(2.5::float8)
acosh((-2.5)::float8)
acosh('NaN'::float8)
acosh('Infinity'::float8)
acosh('-Infinity'::float8)
acosh(1000::float8)
atanh(0::float8)
atanh(0.5::float8)
atanh((-0.5)::float8)
atanh(1::float8)
atanh((-1)::float8)
atanh(2.5::float8)
atanh((-2.5)::float8)
atanh('NaN'::float8)
atanh('Infinity'::float8)
atanh('-Infinity'::float8)
atanh(1000::float8)
power((2)::float8, (10)::float8)
(2)::float8 ^ (10)::float8
power((2)::float8, (0.5)::float8)
(2)::float8 ^ (0.5)::float8
power((0)::float8, (-1)::float8)
(0)::float8 ^ (-1)::float8
power((-8)::float8, (1.0/3)::float8)
(-8)::float8 ^ (1.0/3)::float8
power((-2)::float8, (3)::float8)
(-2)::float8 ^ (3)::float8
power(('NaN')::float8, (0)::float8)
('NaN')::float8 ^ (0)::float8
power((1)::float8, ('NaN')::float8)
(1)::float8 ^ ('NaN')::float8
power(('Infinity')::float8, (-1)::float8)
('Infinity')::float8 ^ (-1)::float8
power((10)::float8, (400)::float8)
(10)::float8 ^ (400)::float8
power((10)::float8, (-400)::float8)
(10)::float8 ^ (-400)::float8
power(('-Infinity')::float8, (3)::float8)
('-Infinity')::float8 ^ (3)::float8
power((0)::float8, (0)::float8)
(0)::float8 ^ (0)::float8
|/ 25.0::float8
|/ (-1)::float8
||/ 27.0::float8
@ (-5.0)
@ (-5.5)::float4
atan2(1::float8,2)
atan2d(1,1)
pi()
(1.5)::numeric + (2.0)::numeric
(1.5)::numeric + (-0.003)::numeric
(1.5)::numeric + (0)::numeric
(1.5)::numeric + ('-Infinity')::numeric
(-7.25)::numeric + (2.0)::numeric
(-7.25)::numeric + (-0.003)::numeric
(-7.25)::numeric + (0)::numeric
(-7.25)::numeric + ('-Infinity')::numeric
(0)::numeric + (2.0)::numeric
(0)::numeric + (-0.003)::numeric
(0)::numeric + (0)::numeric
(0)::numeric + ('-Infinity')::numeric
('NaN')::numeric + (2.0)::numeric
('NaN')::numeric + (-0.003)::numeric
('NaN')::numeric + (0)::numeric
('NaN')::numeric + ('-Infinity')::numeric
('Infinity')::numeric + (2.0)::numeric
('Infinity')::numeric + (-0.003)::numeric
('Infinity')::numeric + (0)::numeric
('Infinity')::numeric + ('-Infinity')::numeric
(123456789012345678901234567890)::numeric + (2.0)::numeric
(123456789012345678901234567890)::numeric + (-0.003)::numeric
(123456789012345678901234567890)::numeric + (0)::numeric
(123456789012345678901234567890)::numeric + ('-Infinity')::numeric
(1.5)::numeric - (2.0)::numeric
(1.5)::numeric - (-0.003)::numeric
(1.5)::numeric - (0)::numeric
(1.5)::numeric - ('-Infinity')::numeric
(-7.25)::numeric - (2.0)::numeric
(-7.25)::numeric - (-0.003)::numeric
(-7.25)::numeric - (0)::numeric
(-7.25)::numeric - ('-Infinity')::numeric
(0)::numeric - (2.0)::numeric
(0)::numeric - (-0.003)::numeric
(0)::numeric - (0)::numeric
(0)::numeric - ('-Infinity')::numeric
('NaN')::numeric - (2.0)::numeric
('NaN')::numeric - (-0.003)::numeric
('NaN')::numeric - (0)::numeric
('NaN')::numeric - ('-Infinity')::numeric
('Infinity')::numeric - (2.0)::numeric
('Infinity')::numeric - (-0.003)::numeric
('Infinity')::numeric - (0)::numeric
('Infinity')::numeric - ('-Infinity')::numeric
(123456789012345678901234567890)::numeric - (2.0)::numeric
(123456789012345678901234567890)::numeric - (-0.003)::numeric
(123456789012345678901234567890)::numeric - (0)::numeric
(123456789012345678901234567890)::numeric - ('-Infinity')::numeric
(1.5)::numeric * (2.0)::numeric
(1.5)::numeric * (-0.003)::numeric
(1.5)::numeric * (0)::numeric
(1.5)::numeric * ('-Infinity')::numeric
(-7.25)::numeric * (2.0)::numeric
(-7.25)::numeric * (-0.003)::numeric
(-7.25)::numeric * (0)::numeric
(-7.25)::numeric * ('-Infinity')::numeric
(0)::numeric * (2.0)::numeric
(0)::numeric * (-0.003)::numeric
(0)::numeric * (0)::numeric
(0)::numeric * ('-Infinity')::numeric
('NaN')::numeric * (2.0)::numeric
('NaN')::numeric * (-0.003)::numeric
('NaN')::numeric * (0)::numeric
('NaN')::numeric * ('-Infinity')::numeric
('Infinity')::numeric * (2.0)::numeric
('Infinity')::numeric * (-0.003)::numeric
('Infinity')::numeric * (0)::numeric
('Infinity')::numeric * ('-Infinity')::numeric
(123456789012345678901234567890)::numeric * (2.0)::numeric
(123456789012345678901234567890)::numeric * (-0.003)::numeric
(123456789012345678901234567890)::numeric * (0)::numeric
(123456789012345678901234567890)::numeric * ('-Infinity')::numeric
(1.5)::numeric / (2.0)::numeric
(1.5)::numeric / (-0.003)::numeric
(1.5)::numeric / (0)::numeric
(1.5)::numeric / ('-Infinity')::numeric
(-7.25)::numeric / (2.0)::numeric
(-7.25)::numeric / (-0.003)::numeric
(-7.25)::numeric / (0)::numeric
(-7.25)::numeric / ('-Infinity')::numeric
(0)::numeric / (2.0)::numeric
(0)::numeric / (-0.003)::numeric
(0)::numeric / (0)::numeric
(0)::numeric / ('-Infinity')::numeric
('NaN')::numeric / (2.0)::numeric
('NaN')::numeric / (-0.003)::numeric
('NaN')::numeric / (0)::numeric
('NaN')::numeric / ('-Infinity')::numeric
('Infinity')::numeric / (2.0)::numeric
('Infinity')::numeric / (-0.003)::numeric
('Infinity')::numeric / (0)::numeric
('Infinity')::numeric / ('-Infinity')::numeric
(123456789012345678901234567890)::numeric / (2.0)::numeric
(123456789012345678901234567890)::numeric / (-0.003)::numeric
(123456789012345678901234567890)::numeric / (0)::numeric
(123456789012345678901234567890)::numeric / ('-Infinity')::numeric
(1.5)::numeric % (2.0)::numeric
(1.5)::numeric % (-0.003)::numeric
(1.5)::numeric % (0)::numeric
(1.5)::numeric % ('-Infinity')::numeric
(-7.25)::numeric % (2.0)::numeric
(-7.25)::numeric % (-0.003)::numeric
(-7.25)::numeric % (0)::numeric
(-7.25)::numeric % ('-Infinity')::numeric
(0)::numeric % (2.0)::numeric
(0)::numeric % (-0.003)::numeric
(0)::numeric % (0)::numeric
(0)::numeric % ('-Infinity')::numeric
('NaN')::numeric % (2.0)::numeric
('NaN')::numeric % (-0.003)::numeric
('NaN')::numeric % (0)::numeric
('NaN')::numeric % ('-Infinity')::numeric
('Infinity')::numeric % (2.0)::numeric
('Infinity')::numeric % (-0.003)::numeric
('Infinity')::numeric % (0)::numeric
('Infinity')::numeric % ('-Infinity')::numeric
(123456789012345678901234567890)::numeric % (2.0)::numeric
(123456789012345678901234567890)::numeric % (-0.003)::numeric
(123456789012345678901234567890)::numeric % (0)::numeric
(123456789012345678901234567890)::numeric % ('-Infinity')::numeric
abs((0)::numeric)
abs((1.5)::numeric)
abs((-1.5)::numeric)
abs((2.500)::numeric)
abs((10)::numeric)
abs(('NaN')::numeric)
abs(('Infinity')::numeric)
abs(('-Infinity')::numeric)
abs((123456789.987654321)::numeric)
abs((0.0001)::numeric)
abs((100.00)::numeric)
ceil((0)::numeric)
ceil((1.5)::numeric)
ceil((-1.5)::numeric)
ceil((2.500)::numeric)
ceil((10)::numeric)
ceil(('NaN')::numeric)
ceil(('Infinity')::numeric)
ceil(('-Infinity')::numeric)
ceil((123456789.987654321)::numeric)
ceil((0.0001)::numeric)
ceil((100.00)::numeric)
ceiling((0)::numeric)
ceiling((1.5)::numeric)
ceiling((-1.5)::numeric)
ceiling((2.500)::numeric)
ceiling((10)::numeric)
ceiling(('NaN')::numeric)
ceiling(('Infinity')::numeric)
ceiling(('-Infinity')::numeric)
ceiling((123456789.987654321)::numeric)
ceiling((0.0001)::numeric)
ceiling((100.00)::numeric)
floor((0)::numeric)
floor((1.5)::numeric)
floor((-1.5)::numeric)
floor((2.500)::numeric)
floor((10)::numeric)
floor(('NaN')::numeric)
floor(('Infinity')::numeric)
floor(('-Infinity')::numeric)
floor((123456789.987654321)::numeric)
floor((0.0001)::numeric)
floor((100.00)::numeric)
round((0)::numeric)
round((1.5)::numeric)
round((-1.5)::numeric)
round((2.500)::numeric)
round((10)::numeric)
round(('NaN')::numeric)
round(('Infinity')::numeric)
round(('-Infinity')::numeric)
round((123456789.987654321)::numeric)
round((0.0001)::numeric)
round((100.00)::numeric)
trunc((0)::numeric)
trunc((1.5)::numeric)
trunc((-1.5)::numeric)
trunc((2.500)::numeric)
trunc((10)::numeric)
trunc(('NaN')::numeric)
trunc(('Infinity')::numeric)
trunc(('-Infinity')::numeric)
trunc((123456789.987654321)::numeric)
trunc((0.0001)::numeric)
trunc((100.00)::numeric)
sign((0)::numeric)
sign((1.5)::numeric)
sign((-1.5)::numeric)
sign((2.500)::numeric)
sign((10)::numeric)
sign(('NaN')::numeric)
sign(('Infinity')::numeric)
sign(('-Infinity')::numeric)
sign((123456789.987654321)::numeric)
sign((0.0001)::numeric)
sign((100.00)::numeric)
scale((0)::numeric)
scale((1.5)::numeric)
scale((-1.5)::numeric)
scale((2.500)::numeric)
scale((10)::numeric)
scale(('NaN')::numeric)
scale(('Infinity')::numeric)
scale(('-Infinity')::numeric)
scale((123456789.987654321)::numeric)
scale((0.0001)::numeric)
scale((100.00)::numeric)
min_scale((0)::numeric)
min_scale((1.5)::numeric)
min_scale((-1.5)::numeric)
min_scale((2.500)::numeric)
min_scale((10)::numeric)
min_scale(('NaN')::numeric)
min_scale(('Infinity')::numeric)
min_scale(('-Infinity')::numeric)
min_scale((123456789.987654321)::numeric)
min_scale((0.0001)::numeric)
min_scale((100.00)::numeric)
trim_scale((0)::numeric)
trim_scale((1.5)::numeric)
trim_scale((-1.5)::numeric)
trim_scale((2.500)::numeric)
trim_scale((10)::numeric)
trim_scale(('NaN')::numeric)
trim_scale(('Infinity')::numeric)
trim_scale(('-Infinity')::numeric)
trim_scale((123456789.987654321)::numeric)
trim_scale((0.0001)::numeric)
trim_scale((100.00)::numeric)
sqrt((0)::numeric)
sqrt((1.5)::numeric)
sqrt((-1.5)::numeric)
sqrt((2.500)::numeric)
sqrt((10)::numeric)
sqrt(('NaN')::numeric)
sqrt(('Infinity')::numeric)
sqrt(('-Infinity')::numeric)
sqrt((123456789.987654321)::numeric)
sqrt((0.0001)::numeric)
sqrt((100.00)::numeric)
exp((0)::numeric)
exp((1.5)::numeric)
exp((-1.5)::numeric)
exp((2.500)::numeric)
exp((10)::numeric)
exp(('NaN')::numeric)
exp(('Infinity')::numeric)
exp(('-Infinity')::numeric)
exp((123456789.987654321)::numeric)
exp((0.0001)::numeric)
exp((100.00)::numeric)
ln((0)::numeric)
ln((1.5)::numeric)
ln((-1.5)::numeric)
ln((2.500)::numeric)
ln((10)::numeric)
ln(('NaN')::numeric)
ln(('Infinity')::numeric)
ln(('-Infinity')::numeric)
ln((123456789.987654321)::numeric)
ln((0.0001)::numeric)
ln((100.00)::numeric)
log((0)::numeric)
log((1.5)::numeric)
log((-1.5)::numeric)
log((2.500)::numeric)
log((10)::numeric)
log(('NaN')::numeric)
log(('Infinity')::numeric)
log(('-Infinity')::numeric)
log((123456789.987654321)::numeric)
log((0.0001)::numeric)
log((100.00)::numeric)
log10((0)::numeric)
log10((1.5)::numeric)
log10((-1.5)::numeric)
log10((2.500)::numeric)
log10((10)::numeric)
log10(('NaN')::numeric)
log10(('Infinity')::numeric)
log10(('-Infinity')::numeric)
log10((123456789.987654321)::numeric)
log10((0.0001)::numeric)
log10((100.00)::numeric)
round((1234.5678)::numeric, -3)
trunc((1234.5678)::numeric, -3)
round((1234.5678)::numeric, -1)
trunc((1234.5678)::numeric, -1)
round((1234.5678)::numeric, 0)
trunc((1234.5678)::numeric, 0)
round((1234.5678)::numeric, 1)
trunc((1234.5678)::numeric, 1)
round((1234.5678)::numeric, 3)
trunc((1234.5678)::numeric, 3)
round((1234.5678)::numeric, 10)
trunc((1234.5678)::numeric, 10)
round((-1234.5678)::numeric, -3)
trunc((-1234.5678)::numeric, -3)
round((-1234.5678)::numeric, -1)
trunc((-1234.5678)::numeric, -1)
round((-1234.5678)::numeric, 0)
trunc((-1234.5678)::numeric, 0)
round((-1234.5678)::numeric, 1)
trunc((-1234.5678)::numeric, 1)
round((-1234.5678)::numeric, 3)
trunc((-1234.5678)::numeric, 3)
round((-1234.5678)::numeric, 10)
trunc((-1234.5678)::numeric, 10)
round((0.5)::numeric, -3)
trunc((0.5)::numeric, -3)
round((0.5)::numeric, -1)
trunc((0.5)::numeric, -1)
round((0.5)::numeric, 0)
trunc((0.5)::numeric, 0)
round((0.5)::numeric, 1)
trunc((0.5)::numeric, 1)
round((0.5)::numeric, 3)
trunc((0.5)::numeric, 3)
round((0.5)::numeric, 10)
trunc((0.5)::numeric, 10)
round((2.5)::numeric, -3)
trunc((2.5)::numeric, -3)
round((2.5)::numeric, -1)
trunc((2.5)::numeric, -1)
round((2.5)::numeric, 0)
trunc((2.5)::numeric, 0)
round((2.5)::numeric, 1)
trunc((2.5)::numeric, 1)
round((2.5)::numeric, 3)
trunc((2.5)::numeric, 3)
round((2.5)::numeric, 10)
trunc((2.5)::numeric, 10)
round((1e10)::numeric, -3)
trunc((1e10)::numeric, -3)
round((1e10)::numeric, -1)
trunc((1e10)::numeric, -1)
round((1e10)::numeric, 0)
trunc((1e10)::numeric, 0)
round((1e10)::numeric, 1)
trunc((1e10)::numeric, 1)
round((1e10)::numeric, 3)
trunc((1e10)::numeric, 3)
round((1e10)::numeric, 10)
trunc((1e10)::numeric, 10)
round(('NaN')::numeric, -3)
trunc(('NaN')::numeric, -3)
round(('NaN')::numeric, -1)
trunc(('NaN')::numeric, -1)
round(('NaN')::numeric, 0)
trunc(('NaN')::numeric, 0)
round(('NaN')::numeric, 1)
trunc(('NaN')::numeric, 1)
round(('NaN')::numeric, 3)
trunc(('NaN')::numeric, 3)
round(('NaN')::numeric, 10)
trunc(('NaN')::numeric, 10)
power(2::numeric, (0)::numeric)
power(2::numeric, (3)::numeric)
power(2::numeric, (-2)::numeric)
power(2::numeric, (0.5)::numeric)
power(2::numeric, (2.71828)::numeric)
power(10::numeric, (0)::numeric)
power(10::numeric, (3)::numeric)
power(10::numeric, (-2)::numeric)
power(10::numeric, (0.5)::numeric)
power(10::numeric, (2.71828)::numeric)
power(0.5::numeric, (0)::numeric)
power(0.5::numeric, (3)::numeric)
power(0.5::numeric, (-2)::numeric)
power(0.5::numeric, (0.5)::numeric)
power(0.5::numeric, (2.71828)::numeric)
power(9.99::numeric, (0)::numeric)
power(9.99::numeric, (3)::numeric)
power(9.99::numeric, (-2)::numeric)
power(9.99::numeric, (0.5)::numeric)
power(9.99::numeric, (2.71828)::numeric)
power((-3)::numeric, (0)::numeric)
power((-3)::numeric, (3)::numeric)
power((-3)::numeric, (-2)::numeric)
power((-3)::numeric, (0.5)::numeric)
power((-3)::numeric, (2.71828)::numeric)
log(2.0, 64.0)
log(10.0, 0)
log(3.0::numeric, 2.0)
log(1.0,2.0)
div(7,2)
div(-7.5,2)
div(1,0)
mod(-7.5,2)
mod(7,0)
gcd(1071,462)
gcd(0,0)
gcd((-2147483648),0)
gcd(9223372036854775807,7)
gcd(12.5,7.5)
lcm(1071,462)
lcm(0,5)
lcm(2147483647,2147483646)
lcm(12.5,7.5)
factorial(0)
factorial(20)
factorial(30)
factorial(-1)
factorial(40000)
mod(7::int2,3::int2)
mod(9223372036854775807,10)
0.1+0.2
1/3.0
2/3.0
10/4
10.0/4
5 / 2.0
1e0
1.10 * 2.200
7 % 3
-7 % 3
7.5 % -2
2 ^ 3
2.0 ^ 3
2 ^ 0.5
10.0 ^ -2
width_bucket(5.35,0.024,10.06,5)
width_bucket(5.35::float8,0.024::float8,10.06::float8,5)
width_bucket(-1,0,10,5)
width_bucket(10,0,10,5)
width_bucket(9,10,0,10)
width_bucket(1,2,2,1)
width_bucket(1,0,1,0)
width_bucket('NaN'::float8,0,1,3)
width_bucket(1::float8,'-Infinity',5,3)
width_bucket(5, array[1,3,5,10])
width_bucket(0, array[1,3])
0.1::float4
0.1::float4::float8
1e15::float8
1e16::float8
123456.789::float4
1e-5::float8
1.0::float8
100000::float4
1e6::float4
3.4e38::float4
ascii('')
ascii('hello')
ascii('Hello World')
ascii('äöü ß')
ascii('  pad  ')
ascii('abcabc')
ascii('select')
ascii('a''b')
ascii('back\slash')
ascii('Foo"bar')
ascii(null::text)
upper('')
upper('hello')
upper('Hello World')
upper('äöü ß')
upper('  pad  ')
upper('abcabc')
upper('select')
upper('a''b')
upper('back\slash')
upper('Foo"bar')
upper(null::text)
lower('')
lower('hello')
lower('Hello World')
lower('äöü ß')
lower('  pad  ')
lower('abcabc')
lower('select')
lower('a''b')
lower('back\slash')
lower('Foo"bar')
lower(null::text)
initcap('')
initcap('hello')
initcap('Hello World')
initcap('äöü ß')
initcap('  pad  ')
initcap('abcabc')
initcap('select')
initcap('a''b')
initcap('back\slash')
initcap('Foo"bar')
initcap(null::text)
length('')
length('hello')
length('Hello World')
length('äöü ß')
length('  pad  ')
length('abcabc')
length('select')
length('a''b')
length('back\slash')
length('Foo"bar')
length(null::text)
char_length('')
char_length('hello')
char_length('Hello World')
char_length('äöü ß')
char_length('  pad  ')
char_length('abcabc')
char_length('select')
char_length('a''b')
char_length('back\slash')
char_length('Foo"bar')
char_length(null::text)
character_length('')
character_length('hello')
character_length('Hello World')
character_length('äöü ß')
character_length('  pad  ')
character_length('abcabc')
character_length('select')
character_length('a''b')
character_length('back\slash')
character_length('Foo"bar')
character_length(null::text)
octet_length('')
octet_length('hello')
octet_length('Hello World')
octet_length('äöü ß')
octet_length('  pad  ')
octet_length('abcabc')
octet_length('select')
octet_length('a''b')
octet_length('back\slash')
octet_length('Foo"bar')
octet_length(null::text)
bit_length('')
bit_length('hello')
bit_length('Hello World')
bit_length('äöü ß')
bit_length('  pad  ')
bit_length('abcabc')
bit_length('select')
bit_length('a''b')
bit_length('back\slash')
bit_length('Foo"bar')
bit_length(null::text)
reverse('')
reverse('hello')
reverse('Hello World')
reverse('äöü ß')
reverse('  pad  ')
reverse('abcabc')
reverse('select')
reverse('a''b')
reverse('back\slash')
reverse('Foo"bar')
reverse(null::text)
btrim('')
btrim('hello')
btrim('Hello World')
btrim('äöü ß')
btrim('  pad  ')
btrim('abcabc')
btrim('select')
btrim('a''b')
btrim('back\slash')
btrim('Foo"bar')
btrim(null::text)
ltrim('')
ltrim('hello')
ltrim('Hello World')
ltrim('äöü ß')
ltrim('  pad  ')
ltrim('abcabc')
ltrim('select')
ltrim('a''b')
ltrim('back\slash')
ltrim('Foo"bar')
ltrim(null::text)
rtrim('')
rtrim('hello')
rtrim('Hello World')
rtrim('äöü ß')
rtrim('  pad  ')
rtrim('abcabc')
rtrim('select')
rtrim('a''b')
rtrim('back\slash')
rtrim('Foo"bar')
rtrim(null::text)
md5('')
md5('hello')
md5('Hello World')
md5('äöü ß')
md5('  pad  ')
md5('abcabc')
md5('select')
md5('a''b')
md5('back\slash')
md5('Foo"bar')
md5(null::text)
quote_ident('')
quote_ident('hello')
quote_ident('Hello World')
quote_ident('äöü ß')
quote_ident('  pad  ')
quote_ident('abcabc')
quote_ident('select')
quote_ident('a''b')
quote_ident('back\slash')
quote_ident('Foo"bar')
quote_ident(null::text)
quote_literal('')
quote_literal('hello')
quote_literal('Hello World')
quote_literal('äöü ß')
quote_literal('  pad  ')
quote_literal('abcabc')
quote_literal('select')
quote_literal('a''b')
quote_literal('back\slash')
quote_literal('Foo"bar')
quote_literal(null::text)
quote_nullable('')
quote_nullable('hello')
quote_nullable('Hello World')
quote_nullable('äöü ß')
quote_nullable('  pad  ')
quote_nullable('abcabc')
quote_nullable('select')
quote_nullable('a''b')
quote_nullable('back\slash')
quote_nullable('Foo"bar')
quote_nullable(null::text)
left('hello', -2)
left('äöü', -2)
right('hello', -2)
right('äöü', -2)
repeat('ab', -2)
lpad('hi', -2, 'xy')
lpad('hello', -2)
lpad('hi', -2, '')
rpad('hi', -2, 'xy')
rpad('hello', -2)
rpad('hi', -2, '')
left('hello', 0)
left('äöü', 0)
right('hello', 0)
right('äöü', 0)
repeat('ab', 0)
lpad('hi', 0, 'xy')
lpad('hello', 0)
lpad('hi', 0, '')
rpad('hi', 0, 'xy')
rpad('hello', 0)
rpad('hi', 0, '')
left('hello', 1)
left('äöü', 1)
right('hello', 1)
right('äöü', 1)
repeat('ab', 1)
lpad('hi', 1, 'xy')
lpad('hello', 1)
lpad('hi', 1, '')
rpad('hi', 1, 'xy')
rpad('hello', 1)
rpad('hi', 1, '')
left('hello', 3)
left('äöü', 3)
right('hello', 3)
right('äöü', 3)
repeat('ab', 3)
lpad('hi', 3, 'xy')
lpad('hello', 3)
lpad('hi', 3, '')
rpad('hi', 3, 'xy')
rpad('hello', 3)
rpad('hi', 3, '')
left('hello', 100)
left('äöü', 100)
right('hello', 100)
right('äöü', 100)
repeat('ab', 100)
lpad('hi', 100, 'xy')
lpad('hello', 100)
lpad('hi', 100, '')
rpad('hi', 100, 'xy')
rpad('hello', 100)
rpad('hi', 100, '')
left('hello', -100)
left('äöü', -100)
right('hello', -100)
right('äöü', -100)
repeat('ab', -100)
lpad('hi', -100, 'xy')
lpad('hello', -100)
lpad('hi', -100, '')
rpad('hi', -100, 'xy')
rpad('hello', -100)
rpad('hi', -100, '')
lpad('x', 2000000000)
repeat('x', 2000000000)
chr(65)
chr(8364)
chr(0)
chr(1114112)
chr(-1)
chr(55296)
ascii('€')
to_hex(255)
to_hex(-1)
to_hex(9223372036854775807)
to_hex(-1::int8)
translate('12345','143','ax')
translate('abc','','x')
replace('abcabc','b','XX')
replace('abc','','x')
strpos('high','ig')
strpos('abc','')
position('b' in 'abc')
position('' in 'abc')
position('ö' in 'äöü')
starts_with('alphabet','alph')
'alphabet' ^@ 'alph'
split_part('a~@~b~@~c','~@~',2)
split_part('a,b,c',',',-1)
split_part('a,b,c',',',4)
split_part('a,b,c',',',0)
split_part('','x',1)
split_part('abc','',1)
split_part('abc','',2)
overlay('Txxxxas' placing 'hom' from 2 for 4)
overlay('abcdef' placing 'X' from 3)
overlay('abc' placing 'X' from 0)
overlay('abc' placing 'XYZ' from 10)
substring('Thomas' from 2 for 3)
substring('Thomas' from -1 for 4)
substring('Thomas' from 3)
substring('Thomas' for 2)
substring('abc' from 1 for -1)
substring('abc' from 2147483647 for 2147483647)
substr('alphabet',3)
substr('alphabet',3,2)
substr('abc',0)
substr('abc',-2,5)
trim(both 'xyz' from 'yxTomxx')
trim(leading 'x' from 'xxabc')
trim(trailing from 'abc  ')
btrim('xyxtrimyyx','xyz')
ltrim('zzzytest','xyz')
rtrim('testxxzx','xyz')
concat('a',1,null,true,2.5)
concat(null)
concat_ws(',','a',null,'b',3)
concat_ws(null,'a')
concat(date '2024-01-02', interval '1 day', array[1,2])
'a' || 1
1 || 'b'
'a' || null
'x' || array[1,2]::text
'abc'::bpchar(5) || 'x'
'a'::name || 'b'
true || 'x'
'x' || 1.50
format('%s %s',1,'x')
format('%I','Foo bar')
format('%L','it''s')
format('%L',null)
format('%I',null)
format('|%10s|%-10s|','a','b')
format('%2$s %1$s','a','b')
format('%s')
format('%d',1)
format('%')
format('%%')
format('%*s',5,'x')
format('%-*s|',5,'x')
format('%*2$s|','x',5)
format('%0$s','x')
format(null,'x')
format('abc')
format('%s',null)
format('%1$s %s %s','a','b')
quote_literal(42)
quote_literal(null::int)
quote_nullable(null::int)
quote_nullable(42.5)
quote_literal(E'a\\b')
quote_literal(true)
num_nulls(1,null,2)
num_nonnulls(1,null,2)
num_nulls(null)
unistr('\0441\043B')
unistr('\+01F600')
unistr('\D83D\DE00')
unistr('\D83D')
unistr('a\\b')
unistr('\zz')
string_to_array('a,b,,c',',')
string_to_array('a,b,,c',',','')
string_to_array('abc',null)
string_to_array('abc','')
string_to_array('',',')
string_to_array(null,',')
string_to_array('xx~~yy~~zz','~~','yy')
array_to_string(array[1,2,null,3],',')
array_to_string(array[1,2,null,3],',','*')
array_to_string(array['a','b'],'')
array_to_string(null::int[],',')
array_to_string('{}'::int[],',')
parse_ident('Foo."Bar".baz')
parse_ident('foo.bar baz')
parse_ident('foo.bar baz',false)
parse_ident('')
parse_ident('1a')
length('abc  '::bpchar)
length('abc  '::char(10))
octet_length('abc'::char(10))
upper('ß')
lower('İ')
initcap('o''neil''s x-ray 1st')
bit_length('é')
'\xdeadbeef'::bytea
'\x01'::bytea || '\x02'::bytea
length('\xdeadbeef'::bytea)
octet_length('\xde'::bytea)
bit_length('\xde00'::bytea)
bit_count('\xff01'::bytea)
get_byte('\xdead'::bytea,1)
get_byte('\xdead'::bytea,2)
get_bit('\x01'::bytea,0)
get_bit('\x01'::bytea,8)
set_byte('\x0000'::bytea,1,255)
set_bit('\x00'::bytea,3,1)
set_bit('\x00'::bytea,3,2)
substring('\x0102030405'::bytea from 2 for 2)
substr('\x0102030405'::bytea,4)
overlay('\x01020304'::bytea placing '\xff'::bytea from 2)
position('\x03'::bytea in '\x010203'::bytea)
position('\x'::bytea in '\x01'::bytea)
btrim('\x000100'::bytea,'\x00'::bytea)
ltrim('\x000100'::bytea,'\x00'::bytea)
rtrim('\x000100'::bytea,'\x00'::bytea)
md5('\x00'::bytea)
sha224('abc'::bytea)
sha256('abc'::bytea)
sha384(''::bytea)
sha512('abc'::bytea)
encode('\x1234ff'::bytea,'hex')
encode('\x1234ff'::bytea,'base64')
encode('\x005c41ff'::bytea,'escape')
encode('a'::bytea,'nope')
encode(repeat('a',100)::bytea,'base64')
decode('1234ff','hex')
decode('12 34','hex')
decode('123','hex')
decode('zz','hex')
decode('EjT/','base64')
decode('Ej','base64')
decode('EjQ=','base64')
decode('E','base64')
decode('E=','base64')
decode('E?jQ','base64')
decode('a\000\\b','escape')
decode('\9','escape')
convert_from('\xc3a4'::bytea,'UTF8')
convert_from('\xe4'::bytea,'LATIN1')
convert_from('\xe4'::bytea,'UTF8')
convert_from('\x00'::bytea,'UTF8')
convert_to('ä','UTF8')
convert_to('ä','LATIN1')
convert_to('€','LATIN1')
convert_from('a'::bytea,'nope')
convert('\xe4'::bytea,'LATIN1','UTF8')
'a_c'::bytea like 'a\_c'::bytea
E'abc' like E'a%'
E'abc' not like E'a%'
E'abc' ilike E'a%'
E'abc' ~~ E'a%'
E'abc' !~~ E'a%'
E'abc' ~~* E'a%'
E'abc' !~~* E'a%'
E'abc' like E'_b_'
E'abc' not like E'_b_'
E'abc' ilike E'_b_'
E'abc' ~~ E'_b_'
E'abc' !~~ E'_b_'
E'abc' ~~* E'_b_'
E'abc' !~~* E'_b_'
E'abc' like E'c'
E'abc' not like E'c'
E'abc' ilike E'c'
E'abc' ~~ E'c'
E'abc' !~~ E'c'
E'abc' ~~* E'c'
E'abc' !~~* E'c'
E'' like E'%'
E'' not like E'%'
E'' ilike E'%'
E'' ~~ E'%'
E'' !~~ E'%'
E'' ~~* E'%'
E'' !~~* E'%'
E'' like E'_'
E'' not like E'_'
E'' ilike E'_'
E'' ~~ E'_'
E'' !~~ E'_'
E'' ~~* E'_'
E'' !~~* E'_'
E'a%b' like E'a\\%b'
E'a%b' not like E'a\\%b'
E'a%b' ilike E'a\\%b'
E'a%b' ~~ E'a\\%b'
E'a%b' !~~ E'a\\%b'
E'a%b' ~~* E'a\\%b'
E'a%b' !~~* E'a\\%b'
E'axb' like E'a\\%b'
E'axb' not like E'a\\%b'
E'axb' ilike E'a\\%b'
E'axb' ~~ E'a\\%b'
E'axb' !~~ E'a\\%b'
E'axb' ~~* E'a\\%b'
E'axb' !~~* E'a\\%b'
E'ä' like E'_'
E'ä' not like E'_'
E'ä' ilike E'_'
E'ä' ~~ E'_'
E'ä' !~~ E'_'
E'ä' ~~* E'_'
E'ä' !~~* E'_'
E'abc' like E'%b%'
E'abc' not like E'%b%'
E'abc' ilike E'%b%'
E'abc' ~~ E'%b%'
E'abc' !~~ E'%b%'
E'abc' ~~* E'%b%'
E'abc' !~~* E'%b%'
E'mississippi' like E'%iss%ip%i'
E'mississippi' not like E'%iss%ip%i'
E'mississippi' ilike E'%iss%ip%i'
E'mississippi' ~~ E'%iss%ip%i'
E'mississippi' !~~ E'%iss%ip%i'
E'mississippi' ~~* E'%iss%ip%i'
E'mississippi' !~~* E'%iss%ip%i'
E'ABC' like E'abc'
E'ABC' not like E'abc'
E'ABC' ilike E'abc'
E'ABC' ~~ E'abc'
E'ABC' !~~ E'abc'
E'ABC' ~~* E'abc'
E'ABC' !~~* E'abc'
E'a\\b' like E'a\\\\b'
E'a\\b' not like E'a\\\\b'
E'a\\b' ilike E'a\\\\b'
E'a\\b' ~~ E'a\\\\b'
E'a\\b' !~~ E'a\\\\b'
E'a\\b' ~~* E'a\\\\b'
E'a\\b' !~~* E'a\\\\b'
E'ab' like E'a\\'
E'ab' not like E'a\\'
E'ab' ilike E'a\\'
E'ab' ~~ E'a\\'
E'ab' !~~ E'a\\'
E'ab' ~~* E'a\\'
E'ab' !~~* E'a\\'
E'x' like E'a\\'
E'x' not like E'a\\'
E'x' ilike E'a\\'
E'x' ~~ E'a\\'
E'x' !~~ E'a\\'
E'x' ~~* E'a\\'
E'x' !~~* E'a\\'
E'abc' like E''
E'abc' not like E''
E'abc' ilike E''
E'abc' ~~ E''
E'abc' !~~ E''
E'abc' ~~* E''
E'abc' !~~* E''
E'aaa' like E'%a%a%'
E'aaa' not like E'%a%a%'
E'aaa' ilike E'%a%a%'
E'aaa' ~~ E'%a%a%'
E'aaa' !~~ E'%a%a%'
E'aaa' ~~* E'%a%a%'
E'aaa' !~~* E'%a%a%'
E'abcd' like E'%b_'
E'abcd' not like E'%b_'
E'abcd' ilike E'%b_'
E'abcd' ~~ E'%b_'
E'abcd' !~~ E'%b_'
E'abcd' ~~* E'%b_'
E'abcd' !~~* E'%b_'
'a%c' like 'a#%c' escape '#'
'abc' like 'a#%c' escape '#'
'abc' like 'abc' escape ''
'abc' like 'abc' escape 'xx'
like_escape('a#%','#')
'abc' similar to 'abc'
'abc' similar to 'a'
'abc' similar to '%(b|d)%'
'abc' similar to '(b|c)%'
'a.c' similar to 'a.c'
'abc' similar to 'a.c'
'abc' not similar to 'a%'
'xabcx' similar to 'x(abc|d)+x'
'a%' similar to 'a#%' escape '#'
similar_to_escape('a%(b)_')
similar_to_escape('a#%','#')
substring('foobar' similar '%#"o_b#"%' escape '#')
substring('foobar' similar '#"o_b#"%' escape '#')
substring('abcdefg' similar 'a#"%#"g' escape '#')
'abc' similar to '[a-c]+'
'abc' similar to 'ab{2}c'
null similar to 'a'
E'thomas' ~ E't.*ma'
E'thomas' ~* E't.*ma'
E'thomas' !~ E't.*ma'
E'thomas' !~* E't.*ma'
E'thomas' ~ E'T.*ma'
E'thomas' ~* E'T.*ma'
E'thomas' !~ E'T.*ma'
E'thomas' !~* E'T.*ma'
E'foobar' ~ E'^foo'
E'foobar' ~* E'^foo'
E'foobar' !~ E'^foo'
E'foobar' !~* E'^foo'
E'foobar' ~ E'bar$'
E'foobar' ~* E'bar$'
E'foobar' !~ E'bar$'
E'foobar' !~* E'bar$'
E'foo bar' ~ E'\\mbar\\M'
E'foo bar' ~* E'\\mbar\\M'
E'foo bar' !~ E'\\mbar\\M'
E'foo bar' !~* E'\\mbar\\M'
E'foobar' ~ E'\\mbar'
E'foobar' ~* E'\\mbar'
E'foobar' !~ E'\\mbar'
E'foobar' !~* E'\\mbar'
E'abc' ~ E'[[:alpha:]]+'
E'abc' ~* E'[[:alpha:]]+'
E'abc' !~ E'[[:alpha:]]+'
E'abc' !~* E'[[:alpha:]]+'
E'123' ~ E'^\\d+$'
E'123' ~* E'^\\d+$'
E'123' !~ E'^\\d+$'
E'123' !~* E'^\\d+$'
E'a b' ~ E'\\s'
E'a b' ~* E'\\s'
E'a b' !~ E'\\s'
E'a b' !~* E'\\s'
E'a\nb' ~ E'a.b'
E'a\nb' ~* E'a.b'
E'a\nb' !~ E'a.b'
E'a\nb' !~* E'a.b'
E'a\nb' ~ E'(?n)a.b'
E'a\nb' ~* E'(?n)a.b'
E'a\nb' !~ E'(?n)a.b'
E'a\nb' !~* E'(?n)a.b'
E'a\nb' ~ E'^b'
E'a\nb' ~* E'^b'
E'a\nb' !~ E'^b'
E'a\nb' !~* E'^b'
E'a\nb' ~ E'(?n)^b'
E'a\nb' ~* E'(?n)^b'
E'a\nb' !~ E'(?n)^b'
E'a\nb' !~* E'(?n)^b'
E'aXc' ~ E'(?i)axc'
E'aXc' ~* E'(?i)axc'
E'aXc' !~ E'(?i)axc'
E'aXc' !~* E'(?i)axc'
E'a.c' ~ E'***=a.c'
E'a.c' ~* E'***=a.c'
E'a.c' !~ E'***=a.c'
E'a.c' !~* E'***=a.c'
E'abc' ~ E'***=a.c'
E'abc' ~* E'***=a.c'
E'abc' !~ E'***=a.c'
E'abc' !~* E'***=a.c'
E'x' ~ E'('
E'x' ~* E'('
E'x' !~ E'('
E'x' !~* E'('
E'x' ~ E')'
E'x' ~* E')'
E'x' !~ E')'
E'x' !~* E')'
E'x' ~ E'['
E'x' ~* E'['
E'x' !~ E'['
E'x' !~* E'['
E'x' ~ E'*'
E'x' ~* E'*'
E'x' !~ E'*'
E'x' !~* E'*'
E'x' ~ E'a**'
E'x' ~* E'a**'
E'x' !~ E'a**'
E'x' !~* E'a**'
E'x' ~ E'a{2,1}'
E'x' ~* E'a{2,1}'
E'x' !~ E'a{2,1}'
E'x' !~* E'a{2,1}'
E'x' ~ E'[z-a]'
E'x' ~* E'[z-a]'
E'x' !~ E'[z-a]'
E'x' !~* E'[z-a]'
E'x' ~ E'[[:foo:]]'
E'x' ~* E'[[:foo:]]'
E'x' !~ E'[[:foo:]]'
E'x' !~* E'[[:foo:]]'
E'aaa' ~ E'^a{3}$'
E'aaa' ~* E'^a{3}$'
E'aaa' !~ E'^a{3}$'
E'aaa' !~* E'^a{3}$'
E'aa' ~ E'^a{3}$'
E'aa' ~* E'^a{3}$'
E'aa' !~ E'^a{3}$'
E'aa' !~* E'^a{3}$'
E'a{' ~ E'a{'
E'a{' ~* E'a{'
E'a{' !~ E'a{'
E'a{' !~* E'a{'
E']' ~ E'[]]'
E']' ~* E'[]]'
E']' !~ E'[]]'
E']' !~* E'[]]'
E'-' ~ E'[a-]'
E'-' ~* E'[a-]'
E'-' !~ E'[a-]'
E'-' !~* E'[a-]'
E'é' ~ E'^\\w$'
E'é' ~* E'^\\w$'
E'é' !~ E'^\\w$'
E'é' !~* E'^\\w$'
E'_' ~ E'\\w'
E'_' ~* E'\\w'
E'_' !~ E'\\w'
E'_' !~* E'\\w'
E'ab' ~ E'a(?:b)'
E'ab' ~* E'a(?:b)'
E'ab' !~ E'a(?:b)'
E'ab' !~* E'a(?:b)'
E'' ~ E'^$'
E'' ~* E'^$'
E'' !~ E'^$'
E'' !~* E'^$'
E'ab' ~ E'a|'
E'ab' ~* E'a|'
E'ab' !~ E'a|'
E'ab' !~* E'a|'
E'x' ~ E'\\'
E'x' ~* E'\\'
E'x' !~ E'\\'
E'x' !~* E'\\'
E'a+b' ~ E'a\\+b'
E'a+b' ~* E'a\\+b'
E'a+b' !~ E'a\\+b'
E'a+b' !~* E'a\\+b'
E'tab\there' ~ E'\\t'
E'tab\there' ~* E'\\t'
E'tab\there' !~ E'\\t'
E'tab\there' !~* E'\\t'
E'abc' ~ E'[^a-c]'
E'abc' ~* E'[^a-c]'
E'abc' !~ E'[^a-c]'
E'abc' !~* E'[^a-c]'
E'abc' ~ E'a{256}'
E'abc' ~* E'a{256}'
E'abc' !~ E'a{256}'
E'abc' !~* E'a{256}'
E'AbC' ~ E'(?i)abc'
E'AbC' ~* E'(?i)abc'
E'AbC' !~ E'(?i)abc'
E'AbC' !~* E'(?i)abc'
E'x y' ~ E'(?x) x \\s y # c'
E'x y' ~* E'(?x) x \\s y # c'
E'x y' !~ E'(?x) x \\s y # c'
E'x y' !~* E'(?x) x \\s y # c'
regexp_match('foobarbequebaz','(bar)(beque)')
regexp_match('foobarbequebaz','bar.*que')
regexp_match('abc','x')
regexp_match('aXb','x','i')
regexp_match('abc','b','g')
regexp_match('abc','(x)?b')
regexp_replace('Thomas','.[mN]a.','M')
regexp_replace('foobarbaz','b..','X')
regexp_replace('foobarbaz','b..','X','g')
regexp_replace('foobarbaz','b(..)','X\1Y','g')
regexp_replace('abc','b','[\&]')
regexp_replace('abc','b','\\')
regexp_replace('abc','','-','g')
regexp_replace('A PostgreSQL function','a|e|i|o|u','X',1,0,'i')
regexp_replace('A PostgreSQL function','a|e|i|o|u','X',1,3,'i')
regexp_replace('aaa','a','b',2)
regexp_replace('aaa','a','b',0)
regexp_replace('aaa','a','b',1,-1)
regexp_replace('abc','b','x','z')
regexp_replace('abc','b','x','1')
regexp_count('123456789012','\d\d\d',2)
regexp_count('abcabc','ABC',1,'i')
regexp_count('abc','')
regexp_count('abc','x')
regexp_count('abc','b',0)
regexp_instr('number of your street, town zip, FR','[^,]+',1,2)
regexp_instr('abc','b')
regexp_instr('abc','(b)(c)',1,1,0,'',2)
regexp_instr('abc','b',1,1,1)
regexp_instr('abc','x')
regexp_instr('abc','b',1,0)
regexp_like('Hello World','world$','i')
regexp_like('abc','B')
regexp_substr('number of your street, town zip, FR','[^,]+',1,2)
regexp_substr('abc','x')
regexp_substr('abcabc','(b)(c)',1,2,'',2)
regexp_split_to_array('hello world',E'\\s+')
regexp_split_to_array('the quick brown',E'\\s*')
regexp_split_to_array('abc','')
regexp_split_to_array('abc','x')
regexp_split_to_array('','x')
regexp_split_to_array('aXbxc','x','i')
regexp_split_to_array('abc','b','g')
substring('foobar' from 'o.b')
substring('foobar' from 'o(.)b')
substring('foobar','x')
substring('foobar' from '(x)?o')
array[1,2,3] || array[1,2,3]
array[1,2,3] @> array[1,2,3]
array[1,2,3] <@ array[1,2,3]
array[1,2,3] && array[1,2,3]
array[1,2,3] = array[1,2,3]
array[1,2,3] || array[3,4]
array[1,2,3] @> array[3,4]
array[1,2,3] <@ array[3,4]
array[1,2,3] && array[3,4]
array[1,2,3] = array[3,4]
array[1,2,3] || '{}'::int[]
array[1,2,3] @> '{}'::int[]
array[1,2,3] <@ '{}'::int[]
array[1,2,3] && '{}'::int[]
array[1,2,3] = '{}'::int[]
array[1,2,3] || null::int[]
array[1,2,3] @> null::int[]
array[1,2,3] <@ null::int[]
array[1,2,3] && null::int[]
array[1,2,3] = null::int[]
array[1,2,3] || array[1,null,3]
array[1,2,3] @> array[1,null,3]
array[1,2,3] <@ array[1,null,3]
array[1,2,3] && array[1,null,3]
array[1,2,3] = array[1,null,3]
array[1,2,3] || array[2,2,1]
array[1,2,3] @> array[2,2,1]
array[1,2,3] <@ array[2,2,1]
array[1,2,3] && array[2,2,1]
array[1,2,3] = array[2,2,1]
array[3,4] || array[1,2,3]
array[3,4] @> array[1,2,3]
array[3,4] <@ array[1,2,3]
array[3,4] && array[1,2,3]
array[3,4] = array[1,2,3]
array[3,4] || array[3,4]
array[3,4] @> array[3,4]
array[3,4] <@ array[3,4]
array[3,4] && array[3,4]
array[3,4] = array[3,4]
array[3,4] || '{}'::int[]
array[3,4] @> '{}'::int[]
array[3,4] <@ '{}'::int[]
array[3,4] && '{}'::int[]
array[3,4] = '{}'::int[]
array[3,4] || null::int[]
array[3,4] @> null::int[]
array[3,4] <@ null::int[]
array[3,4] && null::int[]
array[3,4] = null::int[]
array[3,4] || array[1,null,3]
array[3,4] @> array[1,null,3]
array[3,4] <@ array[1,null,3]
array[3,4] && array[1,null,3]
array[3,4] = array[1,null,3]
array[3,4] || array[2,2,1]
array[3,4] @> array[2,2,1]
array[3,4] <@ array[2,2,1]
array[3,4] && array[2,2,1]
array[3,4] = array[2,2,1]
'{}'::int[] || array[1,2,3]
'{}'::int[] @> array[1,2,3]
'{}'::int[] <@ array[1,2,3]
'{}'::int[] && array[1,2,3]
'{}'::int[] = array[1,2,3]
'{}'::int[] || array[3,4]
'{}'::int[] @> array[3,4]
'{}'::int[] <@ array[3,4]
'{}'::int[] && array[3,4]
'{}'::int[] = array[3,4]
'{}'::int[] || '{}'::int[]
'{}'::int[] @> '{}'::int[]
'{}'::int[] <@ '{}'::int[]
'{}'::int[] && '{}'::int[]
'{}'::int[] = '{}'::int[]
'{}'::int[] || null::int[]
'{}'::int[] @> null::int[]
'{}'::int[] <@ null::int[]
'{}'::int[] && null::int[]
'{}'::int[] = null::int[]
'{}'::int[] || array[1,null,3]
'{}'::int[] @> array[1,null,3]
'{}'::int[] <@ array[1,null,3]
'{}'::int[] && array[1,null,3]
'{}'::int[] = array[1,null,3]
'{}'::int[] || array[2,2,1]
'{}'::int[] @> array[2,2,1]
'{}'::int[] <@ array[2,2,1]
'{}'::int[] && array[2,2,1]
'{}'::int[] = array[2,2,1]
null::int[] || array[1,2,3]
null::int[] @> array[1,2,3]
null::int[] <@ array[1,2,3]
null::int[] && array[1,2,3]
null::int[] = array[1,2,3]
null::int[] || array[3,4]
null::int[] @> array[3,4]
null::int[] <@ array[3,4]
null::int[] && array[3,4]
null::int[] = array[3,4]
null::int[] || '{}'::int[]
null::int[] @> '{}'::int[]
null::int[] <@ '{}'::int[]
null::int[] && '{}'::int[]
null::int[] = '{}'::int[]
null::int[] || null::int[]
null::int[] @> null::int[]
null::int[] <@ null::int[]
null::int[] && null::int[]
null::int[] = null::int[]
null::int[] || array[1,null,3]
null::int[] @> array[1,null,3]
null::int[] <@ array[1,null,3]
null::int[] && array[1,null,3]
null::int[] = array[1,null,3]
null::int[] || array[2,2,1]
null::int[] @> array[2,2,1]
null::int[] <@ array[2,2,1]
null::int[] && array[2,2,1]
null::int[] = array[2,2,1]
array[1,null,3] || array[1,2,3]
array[1,null,3] @> array[1,2,3]
array[1,null,3] <@ array[1,2,3]
array[1,null,3] && array[1,2,3]
array[1,null,3] = array[1,2,3]
array[1,null,3] || array[3,4]
array[1,null,3] @> array[3,4]
array[1,null,3] <@ array[3,4]
array[1,null,3] && array[3,4]
array[1,null,3] = array[3,4]
array[1,null,3] || '{}'::int[]
array[1,null,3] @> '{}'::int[]
array[1,null,3] <@ '{}'::int[]
array[1,null,3] && '{}'::int[]
array[1,null,3] = '{}'::int[]
array[1,null,3] || null::int[]
array[1,null,3] @> null::int[]
array[1,null,3] <@ null::int[]
array[1,null,3] && null::int[]
array[1,null,3] = null::int[]
array[1,null,3] || array[1,null,3]
array[1,null,3] @> array[1,null,3]
array[1,null,3] <@ array[1,null,3]
array[1,null,3] && array[1,null,3]
array[1,null,3] = array[1,null,3]
array[1,null,3] || array[2,2,1]
array[1,null,3] @> array[2,2,1]
array[1,null,3] <@ array[2,2,1]
array[1,null,3] && array[2,2,1]
array[1,null,3] = array[2,2,1]
array[2,2,1] || array[1,2,3]
array[2,2,1] @> array[1,2,3]
array[2,2,1] <@ array[1,2,3]
array[2,2,1] && array[1,2,3]
array[2,2,1] = array[1,2,3]
array[2,2,1] || array[3,4]
array[2,2,1] @> array[3,4]
array[2,2,1] <@ array[3,4]
array[2,2,1] && array[3,4]
array[2,2,1] = array[3,4]
array[2,2,1] || '{}'::int[]
array[2,2,1] @> '{}'::int[]
array[2,2,1] <@ '{}'::int[]
array[2,2,1] && '{}'::int[]
array[2,2,1] = '{}'::int[]
array[2,2,1] || null::int[]
array[2,2,1] @> null::int[]
array[2,2,1] <@ null::int[]
array[2,2,1] && null::int[]
array[2,2,1] = null::int[]
array[2,2,1] || array[1,null,3]
array[2,2,1] @> array[1,null,3]
array[2,2,1] <@ array[1,null,3]
array[2,2,1] && array[1,null,3]
array[2,2,1] = array[1,null,3]
array[2,2,1] || array[2,2,1]
array[2,2,1] @> array[2,2,1]
array[2,2,1] <@ array[2,2,1]
array[2,2,1] && array[2,2,1]
array[2,2,1] = array[2,2,1]
array[1,2] || 3
3 || array[1,2]
array[1,2] || null
null || array[1,2]
array['a'] || 'b'::text
'[2:4]={1,2,3}'::int[] || 9
9 || '[2:4]={1,2,3}'::int[]
array[1.5] || 2
array_append(array[1,2],3)
array_append(null::int[],3)
array_append(array[1],null)
array_append('{}'::int[],1)
array_append(array[1],2.5)
array_prepend(0,array[1])
array_prepend(null,array[1])
array_prepend(1,null::int[])
array_cat(array[1],array[2])
array_cat(null,array[1])
array_cat(array[1],null)
array_cat('{}'::int[],array[1])
array_dims(array[1,2])
array_dims('{}'::int[])
array_dims('[2:3]={1,2}'::int[])
array_ndims(array[1,2])
array_ndims('{}'::int[])
array_length(array[1,2],1)
array_length(array[1],2)
array_length('{}'::int[],1)
array_length(array[1],0)
array_lower('[5:6]={1,2}'::int[],1)
array_lower(array[1],2)
array_upper('[5:6]={1,2}'::int[],1)
array_upper('{}'::int[],1)
cardinality(array[1,2])
cardinality('{}'::int[])
cardinality(null::int[])
array_position(array['a','b','a'],'a')
array_position(array[1,2],5)
array_position(array[1,null],null)
array_position(array[1,2,1],1,2)
array_position(array[1],1,null)
array_position('[5:6]={1,2}'::int[],2)
array_positions(array[1,2,1],1)
array_positions(array[1],2)
array_positions(array[1,null,null],null)
array_remove(array[1,2,3,2],2)
array_remove(array[1,null],null)
array_remove(array[1],1)
array_remove(null::int[],1)
array_replace(array[1,2,5,4],5,3)
array_replace(array[1,null],null,2)
array_replace(array[1],1,null)
trim_array(array[1,2,3],2)
trim_array(array[1,2],3)
trim_array(array[1,2],-1)
trim_array(array[1,2],0)
array_fill(7,array[3])
array_fill(7,array[3],array[2])
array_fill(null::int,array[2])
array_fill(7,'{}'::int[])
array_fill(7,null)
array_fill(7,array[-1])
'{1,2,3}'::int[]
'{a,"b c",NULL,"null"}'::text[]
'{1,x}'::int[]
'{1'::int[]
array['a,b','c"d','e\f','']
array[true,false,null]
array[1.50,2]
array[date '2024-01-01']
(array[1,2,3])[2]
(array[1,2,3])[9]
(array[1,2,3])[2:3]
1 = any(array[1,2])
3 = any(array[1,2])
null = any(array[1])
1 = any(array[2,null])
1 < all(array[2,3])
1 = all('{}'::int[])
1 = any('{}'::int[])
extract(microseconds from date '2024-02-29')
extract(microseconds from date '0044-03-15 BC')
extract(microseconds from timestamp '2024-02-29 13:14:15.678901')
extract(microseconds from timestamp '0044-03-15 12:00 BC')
extract(microseconds from timestamp '-infinity')
extract(microseconds from timestamptz '2024-02-29 13:14:15.678901+02')
extract(microseconds from timestamptz '2001-02-16 20:38:40+00')
extract(microseconds from timestamptz 'infinity')
extract(microseconds from interval '1 year 2 months 3 days 04:05:06.789')
extract(microseconds from interval '-1 month 10 days -3 hours')
extract(microseconds from interval '100 days 25:00:00')
extract(microseconds from interval '0')
date_part('microseconds', timestamp '2024-02-29 13:14:15.678901')
date_part('microseconds', interval '1 year 2 months 3 days 04:05:06.789')
date_part('microseconds', date '2024-02-29')
date_trunc('microseconds', timestamp '2024-02-29 13:14:15.678901')
date_trunc('microseconds', timestamp '0044-03-15 12:00 BC')
date_trunc('microseconds', timestamptz '2001-02-16 20:38:40+00')
date_trunc('microseconds', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('microseconds', timestamp '-infinity')
extract(milliseconds from date '2024-02-29')
extract(milliseconds from date '0044-03-15 BC')
extract(milliseconds from timestamp '2024-02-29 13:14:15.678901')
extract(milliseconds from timestamp '0044-03-15 12:00 BC')
extract(milliseconds from timestamp '-infinity')
extract(milliseconds from timestamptz '2024-02-29 13:14:15.678901+02')
extract(milliseconds from timestamptz '2001-02-16 20:38:40+00')
extract(milliseconds from timestamptz 'infinity')
extract(milliseconds from interval '1 year 2 months 3 days 04:05:06.789')
extract(milliseconds from interval '-1 month 10 days -3 hours')
extract(milliseconds from interval '100 days 25:00:00')
extract(milliseconds from interval '0')
date_part('milliseconds', timestamp '2024-02-29 13:14:15.678901')
date_part('milliseconds', interval '1 year 2 months 3 days 04:05:06.789')
date_part('milliseconds', date '2024-02-29')
date_trunc('milliseconds', timestamp '2024-02-29 13:14:15.678901')
date_trunc('milliseconds', timestamp '0044-03-15 12:00 BC')
date_trunc('milliseconds', timestamptz '2001-02-16 20:38:40+00')
date_trunc('milliseconds', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('milliseconds', timestamp '-infinity')
extract(second from date '2024-02-29')
extract(second from date '0044-03-15 BC')
extract(second from timestamp '2024-02-29 13:14:15.678901')
extract(second from timestamp '0044-03-15 12:00 BC')
extract(second from timestamp '-infinity')
extract(second from timestamptz '2024-02-29 13:14:15.678901+02')
extract(second from timestamptz '2001-02-16 20:38:40+00')
extract(second from timestamptz 'infinity')
extract(second from interval '1 year 2 months 3 days 04:05:06.789')
extract(second from interval '-1 month 10 days -3 hours')
extract(second from interval '100 days 25:00:00')
extract(second from interval '0')
date_part('second', timestamp '2024-02-29 13:14:15.678901')
date_part('second', interval '1 year 2 months 3 days 04:05:06.789')
date_part('second', date '2024-02-29')
date_trunc('second', timestamp '2024-02-29 13:14:15.678901')
date_trunc('second', timestamp '0044-03-15 12:00 BC')
date_trunc('second', timestamptz '2001-02-16 20:38:40+00')
date_trunc('second', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('second', timestamp '-infinity')
extract(minute from date '2024-02-29')
extract(minute from date '0044-03-15 BC')
extract(minute from timestamp '2024-02-29 13:14:15.678901')
extract(minute from timestamp '0044-03-15 12:00 BC')
extract(minute from timestamp '-infinity')
extract(minute from timestamptz '2024-02-29 13:14:15.678901+02')
extract(minute from timestamptz '2001-02-16 20:38:40+00')
extract(minute from timestamptz 'infinity')
extract(minute from interval '1 year 2 months 3 days 04:05:06.789')
extract(minute from interval '-1 month 10 days -3 hours')
extract(minute from interval '100 days 25:00:00')
extract(minute from interval '0')
date_part('minute', timestamp '2024-02-29 13:14:15.678901')
date_part('minute', interval '1 year 2 months 3 days 04:05:06.789')
date_part('minute', date '2024-02-29')
date_trunc('minute', timestamp '2024-02-29 13:14:15.678901')
date_trunc('minute', timestamp '0044-03-15 12:00 BC')
date_trunc('minute', timestamptz '2001-02-16 20:38:40+00')
date_trunc('minute', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('minute', timestamp '-infinity')
extract(hour from date '2024-02-29')
extract(hour from date '0044-03-15 BC')
extract(hour from timestamp '2024-02-29 13:14:15.678901')
extract(hour from timestamp '0044-03-15 12:00 BC')
extract(hour from timestamp '-infinity')
extract(hour from timestamptz '2024-02-29 13:14:15.678901+02')
extract(hour from timestamptz '2001-02-16 20:38:40+00')
extract(hour from timestamptz 'infinity')
extract(hour from interval '1 year 2 months 3 days 04:05:06.789')
extract(hour from interval '-1 month 10 days -3 hours')
extract(hour from interval '100 days 25:00:00')
extract(hour from interval '0')
date_part('hour', timestamp '2024-02-29 13:14:15.678901')
date_part('hour', interval '1 year 2 months 3 days 04:05:06.789')
date_part('hour', date '2024-02-29')
date_trunc('hour', timestamp '2024-02-29 13:14:15.678901')
date_trunc('hour', timestamp '0044-03-15 12:00 BC')
date_trunc('hour', timestamptz '2001-02-16 20:38:40+00')
date_trunc('hour', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('hour', timestamp '-infinity')
extract(day from date '2024-02-29')
extract(day from date '0044-03-15 BC')
extract(day from timestamp '2024-02-29 13:14:15.678901')
extract(day from timestamp '0044-03-15 12:00 BC')
extract(day from timestamp '-infinity')
extract(day from timestamptz '2024-02-29 13:14:15.678901+02')
extract(day from timestamptz '2001-02-16 20:38:40+00')
extract(day from timestamptz 'infinity')
extract(day from interval '1 year 2 months 3 days 04:05:06.789')
extract(day from interval '-1 month 10 days -3 hours')
extract(day from interval '100 days 25:00:00')
extract(day from interval '0')
date_part('day', timestamp '2024-02-29 13:14:15.678901')
date_part('day', interval '1 year 2 months 3 days 04:05:06.789')
date_part('day', date '2024-02-29')
date_trunc('day', timestamp '2024-02-29 13:14:15.678901')
date_trunc('day', timestamp '0044-03-15 12:00 BC')
date_trunc('day', timestamptz '2001-02-16 20:38:40+00')
date_trunc('day', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('day', timestamp '-infinity')
extract(week from date '2024-02-29')
extract(week from date '0044-03-15 BC')
extract(week from timestamp '2024-02-29 13:14:15.678901')
extract(week from timestamp '0044-03-15 12:00 BC')
extract(week from timestamp '-infinity')
extract(week from timestamptz '2024-02-29 13:14:15.678901+02')
extract(week from timestamptz '2001-02-16 20:38:40+00')
extract(week from timestamptz 'infinity')
extract(week from interval '1 year 2 months 3 days 04:05:06.789')
extract(week from interval '-1 month 10 days -3 hours')
extract(week from interval '100 days 25:00:00')
extract(week from interval '0')
date_part('week', timestamp '2024-02-29 13:14:15.678901')
date_part('week', interval '1 year 2 months 3 days 04:05:06.789')
date_part('week', date '2024-02-29')
date_trunc('week', timestamp '2024-02-29 13:14:15.678901')
date_trunc('week', timestamp '0044-03-15 12:00 BC')
date_trunc('week', timestamptz '2001-02-16 20:38:40+00')
date_trunc('week', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('week', timestamp '-infinity')
extract(month from date '2024-02-29')
extract(month from date '0044-03-15 BC')
extract(month from timestamp '2024-02-29 13:14:15.678901')
extract(month from timestamp '0044-03-15 12:00 BC')
extract(month from timestamp '-infinity')
extract(month from timestamptz '2024-02-29 13:14:15.678901+02')
extract(month from timestamptz '2001-02-16 20:38:40+00')
extract(month from timestamptz 'infinity')
extract(month from interval '1 year 2 months 3 days 04:05:06.789')
extract(month from interval '-1 month 10 days -3 hours')
extract(month from interval '100 days 25:00:00')
extract(month from interval '0')
date_part('month', timestamp '2024-02-29 13:14:15.678901')
date_part('month', interval '1 year 2 months 3 days 04:05:06.789')
date_part('month', date '2024-02-29')
date_trunc('month', timestamp '2024-02-29 13:14:15.678901')
date_trunc('month', timestamp '0044-03-15 12:00 BC')
date_trunc('month', timestamptz '2001-02-16 20:38:40+00')
date_trunc('month', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('month', timestamp '-infinity')
extract(quarter from date '2024-02-29')
extract(quarter from date '0044-03-15 BC')
extract(quarter from timestamp '2024-02-29 13:14:15.678901')
extract(quarter from timestamp '0044-03-15 12:00 BC')
extract(quarter from timestamp '-infinity')
extract(quarter from timestamptz '2024-02-29 13:14:15.678901+02')
extract(quarter from timestamptz '2001-02-16 20:38:40+00')
extract(quarter from timestamptz 'infinity')
extract(quarter from interval '1 year 2 months 3 days 04:05:06.789')
extract(quarter from interval '-1 month 10 days -3 hours')
extract(quarter from interval '100 days 25:00:00')
extract(quarter from interval '0')
date_part('quarter', timestamp '2024-02-29 13:14:15.678901')
date_part('quarter', interval '1 year 2 months 3 days 04:05:06.789')
date_part('quarter', date '2024-02-29')
date_trunc('quarter', timestamp '2024-02-29 13:14:15.678901')
date_trunc('quarter', timestamp '0044-03-15 12:00 BC')
date_trunc('quarter', timestamptz '2001-02-16 20:38:40+00')
date_trunc('quarter', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('quarter', timestamp '-infinity')
extract(year from date '2024-02-29')
extract(year from date '0044-03-15 BC')
extract(year from timestamp '2024-02-29 13:14:15.678901')
extract(year from timestamp '0044-03-15 12:00 BC')
extract(year from timestamp '-infinity')
extract(year from timestamptz '2024-02-29 13:14:15.678901+02')
extract(year from timestamptz '2001-02-16 20:38:40+00')
extract(year from timestamptz 'infinity')
extract(year from interval '1 year 2 months 3 days 04:05:06.789')
extract(year from interval '-1 month 10 days -3 hours')
extract(year from interval '100 days 25:00:00')
extract(year from interval '0')
date_part('year', timestamp '2024-02-29 13:14:15.678901')
date_part('year', interval '1 year 2 months 3 days 04:05:06.789')
date_part('year', date '2024-02-29')
date_trunc('year', timestamp '2024-02-29 13:14:15.678901')
date_trunc('year', timestamp '0044-03-15 12:00 BC')
date_trunc('year', timestamptz '2001-02-16 20:38:40+00')
date_trunc('year', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('year', timestamp '-infinity')
extract(decade from date '2024-02-29')
extract(decade from date '0044-03-15 BC')
extract(decade from timestamp '2024-02-29 13:14:15.678901')
extract(decade from timestamp '0044-03-15 12:00 BC')
extract(decade from timestamp '-infinity')
extract(decade from timestamptz '2024-02-29 13:14:15.678901+02')
extract(decade from timestamptz '2001-02-16 20:38:40+00')
extract(decade from timestamptz 'infinity')
extract(decade from interval '1 year 2 months 3 days 04:05:06.789')
extract(decade from interval '-1 month 10 days -3 hours')
extract(decade from interval '100 days 25:00:00')
extract(decade from interval '0')
date_part('decade', timestamp '2024-02-29 13:14:15.678901')
date_part('decade', interval '1 year 2 months 3 days 04:05:06.789')
date_part('decade', date '2024-02-29')
date_trunc('decade', timestamp '2024-02-29 13:14:15.678901')
date_trunc('decade', timestamp '0044-03-15 12:00 BC')
date_trunc('decade', timestamptz '2001-02-16 20:38:40+00')
date_trunc('decade', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('decade', timestamp '-infinity')
extract(century from date '2024-02-29')
extract(century from date '0044-03-15 BC')
extract(century from timestamp '2024-02-29 13:14:15.678901')
extract(century from timestamp '0044-03-15 12:00 BC')
extract(century from timestamp '-infinity')
extract(century from timestamptz '2024-02-29 13:14:15.678901+02')
extract(century from timestamptz '2001-02-16 20:38:40+00')
extract(century from timestamptz 'infinity')
extract(century from interval '1 year 2 months 3 days 04:05:06.789')
extract(century from interval '-1 month 10 days -3 hours')
extract(century from interval '100 days 25:00:00')
extract(century from interval '0')
date_part('century', timestamp '2024-02-29 13:14:15.678901')
date_part('century', interval '1 year 2 months 3 days 04:05:06.789')
date_part('century', date '2024-02-29')
date_trunc('century', timestamp '2024-02-29 13:14:15.678901')
date_trunc('century', timestamp '0044-03-15 12:00 BC')
date_trunc('century', timestamptz '2001-02-16 20:38:40+00')
date_trunc('century', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('century', timestamp '-infinity')
extract(millennium from date '2024-02-29')
extract(millennium from date '0044-03-15 BC')
extract(millennium from timestamp '2024-02-29 13:14:15.678901')
extract(millennium from timestamp '0044-03-15 12:00 BC')
extract(millennium from timestamp '-infinity')
extract(millennium from timestamptz '2024-02-29 13:14:15.678901+02')
extract(millennium from timestamptz '2001-02-16 20:38:40+00')
extract(millennium from timestamptz 'infinity')
extract(millennium from interval '1 year 2 months 3 days 04:05:06.789')
extract(millennium from interval '-1 month 10 days -3 hours')
extract(millennium from interval '100 days 25:00:00')
extract(millennium from interval '0')
date_part('millennium', timestamp '2024-02-29 13:14:15.678901')
date_part('millennium', interval '1 year 2 months 3 days 04:05:06.789')
date_part('millennium', date '2024-02-29')
date_trunc('millennium', timestamp '2024-02-29 13:14:15.678901')
date_trunc('millennium', timestamp '0044-03-15 12:00 BC')
date_trunc('millennium', timestamptz '2001-02-16 20:38:40+00')
date_trunc('millennium', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('millennium', timestamp '-infinity')
extract(epoch from date '2024-02-29')
extract(epoch from date '0044-03-15 BC')
extract(epoch from timestamp '2024-02-29 13:14:15.678901')
extract(epoch from timestamp '0044-03-15 12:00 BC')
extract(epoch from timestamp '-infinity')
extract(epoch from timestamptz '2024-02-29 13:14:15.678901+02')
extract(epoch from timestamptz '2001-02-16 20:38:40+00')
extract(epoch from timestamptz 'infinity')
extract(epoch from interval '1 year 2 months 3 days 04:05:06.789')
extract(epoch from interval '-1 month 10 days -3 hours')
extract(epoch from interval '100 days 25:00:00')
extract(epoch from interval '0')
date_part('epoch', timestamp '2024-02-29 13:14:15.678901')
date_part('epoch', interval '1 year 2 months 3 days 04:05:06.789')
date_part('epoch', date '2024-02-29')
date_trunc('epoch', timestamp '2024-02-29 13:14:15.678901')
date_trunc('epoch', timestamp '0044-03-15 12:00 BC')
date_trunc('epoch', timestamptz '2001-02-16 20:38:40+00')
date_trunc('epoch', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('epoch', timestamp '-infinity')
extract(julian from date '2024-02-29')
extract(julian from date '0044-03-15 BC')
extract(julian from timestamp '2024-02-29 13:14:15.678901')
extract(julian from timestamp '0044-03-15 12:00 BC')
extract(julian from timestamp '-infinity')
extract(julian from timestamptz '2024-02-29 13:14:15.678901+02')
extract(julian from timestamptz '2001-02-16 20:38:40+00')
extract(julian from timestamptz 'infinity')
extract(julian from interval '1 year 2 months 3 days 04:05:06.789')
extract(julian from interval '-1 month 10 days -3 hours')
extract(julian from interval '100 days 25:00:00')
extract(julian from interval '0')
date_part('julian', timestamp '2024-02-29 13:14:15.678901')
date_part('julian', interval '1 year 2 months 3 days 04:05:06.789')
date_part('julian', date '2024-02-29')
date_trunc('julian', timestamp '2024-02-29 13:14:15.678901')
date_trunc('julian', timestamp '0044-03-15 12:00 BC')
date_trunc('julian', timestamptz '2001-02-16 20:38:40+00')
date_trunc('julian', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('julian', timestamp '-infinity')
extract(dow from date '2024-02-29')
extract(dow from date '0044-03-15 BC')
extract(dow from timestamp '2024-02-29 13:14:15.678901')
extract(dow from timestamp '0044-03-15 12:00 BC')
extract(dow from timestamp '-infinity')
extract(dow from timestamptz '2024-02-29 13:14:15.678901+02')
extract(dow from timestamptz '2001-02-16 20:38:40+00')
extract(dow from timestamptz 'infinity')
extract(dow from interval '1 year 2 months 3 days 04:05:06.789')
extract(dow from interval '-1 month 10 days -3 hours')
extract(dow from interval '100 days 25:00:00')
extract(dow from interval '0')
date_part('dow', timestamp '2024-02-29 13:14:15.678901')
date_part('dow', interval '1 year 2 months 3 days 04:05:06.789')
date_part('dow', date '2024-02-29')
date_trunc('dow', timestamp '2024-02-29 13:14:15.678901')
date_trunc('dow', timestamp '0044-03-15 12:00 BC')
date_trunc('dow', timestamptz '2001-02-16 20:38:40+00')
date_trunc('dow', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('dow', timestamp '-infinity')
extract(isodow from date '2024-02-29')
extract(isodow from date '0044-03-15 BC')
extract(isodow from timestamp '2024-02-29 13:14:15.678901')
extract(isodow from timestamp '0044-03-15 12:00 BC')
extract(isodow from timestamp '-infinity')
extract(isodow from timestamptz '2024-02-29 13:14:15.678901+02')
extract(isodow from timestamptz '2001-02-16 20:38:40+00')
extract(isodow from timestamptz 'infinity')
extract(isodow from interval '1 year 2 months 3 days 04:05:06.789')
extract(isodow from interval '-1 month 10 days -3 hours')
extract(isodow from interval '100 days 25:00:00')
extract(isodow from interval '0')
date_part('isodow', timestamp '2024-02-29 13:14:15.678901')
date_part('isodow', interval '1 year 2 months 3 days 04:05:06.789')
date_part('isodow', date '2024-02-29')
date_trunc('isodow', timestamp '2024-02-29 13:14:15.678901')
date_trunc('isodow', timestamp '0044-03-15 12:00 BC')
date_trunc('isodow', timestamptz '2001-02-16 20:38:40+00')
date_trunc('isodow', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('isodow', timestamp '-infinity')
extract(doy from date '2024-02-29')
extract(doy from date '0044-03-15 BC')
extract(doy from timestamp '2024-02-29 13:14:15.678901')
extract(doy from timestamp '0044-03-15 12:00 BC')
extract(doy from timestamp '-infinity')
extract(doy from timestamptz '2024-02-29 13:14:15.678901+02')
extract(doy from timestamptz '2001-02-16 20:38:40+00')
extract(doy from timestamptz 'infinity')
extract(doy from interval '1 year 2 months 3 days 04:05:06.789')
extract(doy from interval '-1 month 10 days -3 hours')
extract(doy from interval '100 days 25:00:00')
extract(doy from interval '0')
date_part('doy', timestamp '2024-02-29 13:14:15.678901')
date_part('doy', interval '1 year 2 months 3 days 04:05:06.789')
date_part('doy', date '2024-02-29')
date_trunc('doy', timestamp '2024-02-29 13:14:15.678901')
date_trunc('doy', timestamp '0044-03-15 12:00 BC')
date_trunc('doy', timestamptz '2001-02-16 20:38:40+00')
date_trunc('doy', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('doy', timestamp '-infinity')
extract(isoyear from date '2024-02-29')
extract(isoyear from date '0044-03-15 BC')
extract(isoyear from timestamp '2024-02-29 13:14:15.678901')
extract(isoyear from timestamp '0044-03-15 12:00 BC')
extract(isoyear from timestamp '-infinity')
extract(isoyear from timestamptz '2024-02-29 13:14:15.678901+02')
extract(isoyear from timestamptz '2001-02-16 20:38:40+00')
extract(isoyear from timestamptz 'infinity')
extract(isoyear from interval '1 year 2 months 3 days 04:05:06.789')
extract(isoyear from interval '-1 month 10 days -3 hours')
extract(isoyear from interval '100 days 25:00:00')
extract(isoyear from interval '0')
date_part('isoyear', timestamp '2024-02-29 13:14:15.678901')
date_part('isoyear', interval '1 year 2 months 3 days 04:05:06.789')
date_part('isoyear', date '2024-02-29')
date_trunc('isoyear', timestamp '2024-02-29 13:14:15.678901')
date_trunc('isoyear', timestamp '0044-03-15 12:00 BC')
date_trunc('isoyear', timestamptz '2001-02-16 20:38:40+00')
date_trunc('isoyear', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('isoyear', timestamp '-infinity')
extract(timezone from date '2024-02-29')
extract(timezone from date '0044-03-15 BC')
extract(timezone from timestamp '2024-02-29 13:14:15.678901')
extract(timezone from timestamp '0044-03-15 12:00 BC')
extract(timezone from timestamp '-infinity')
extract(timezone from timestamptz '2024-02-29 13:14:15.678901+02')
extract(timezone from timestamptz '2001-02-16 20:38:40+00')
extract(timezone from timestamptz 'infinity')
extract(timezone from interval '1 year 2 months 3 days 04:05:06.789')
extract(timezone from interval '-1 month 10 days -3 hours')
extract(timezone from interval '100 days 25:00:00')
extract(timezone from interval '0')
date_part('timezone', timestamp '2024-02-29 13:14:15.678901')
date_part('timezone', interval '1 year 2 months 3 days 04:05:06.789')
date_part('timezone', date '2024-02-29')
date_trunc('timezone', timestamp '2024-02-29 13:14:15.678901')
date_trunc('timezone', timestamp '0044-03-15 12:00 BC')
date_trunc('timezone', timestamptz '2001-02-16 20:38:40+00')
date_trunc('timezone', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('timezone', timestamp '-infinity')
extract(timezone_hour from date '2024-02-29')
extract(timezone_hour from date '0044-03-15 BC')
extract(timezone_hour from timestamp '2024-02-29 13:14:15.678901')
extract(timezone_hour from timestamp '0044-03-15 12:00 BC')
extract(timezone_hour from timestamp '-infinity')
extract(timezone_hour from timestamptz '2024-02-29 13:14:15.678901+02')
extract(timezone_hour from timestamptz '2001-02-16 20:38:40+00')
extract(timezone_hour from timestamptz 'infinity')
extract(timezone_hour from interval '1 year 2 months 3 days 04:05:06.789')
extract(timezone_hour from interval '-1 month 10 days -3 hours')
extract(timezone_hour from interval '100 days 25:00:00')
extract(timezone_hour from interval '0')
date_part('timezone_hour', timestamp '2024-02-29 13:14:15.678901')
date_part('timezone_hour', interval '1 year 2 months 3 days 04:05:06.789')
date_part('timezone_hour', date '2024-02-29')
date_trunc('timezone_hour', timestamp '2024-02-29 13:14:15.678901')
date_trunc('timezone_hour', timestamp '0044-03-15 12:00 BC')
date_trunc('timezone_hour', timestamptz '2001-02-16 20:38:40+00')
date_trunc('timezone_hour', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('timezone_hour', timestamp '-infinity')
extract(timezone_minute from date '2024-02-29')
extract(timezone_minute from date '0044-03-15 BC')
extract(timezone_minute from timestamp '2024-02-29 13:14:15.678901')
extract(timezone_minute from timestamp '0044-03-15 12:00 BC')
extract(timezone_minute from timestamp '-infinity')
extract(timezone_minute from timestamptz '2024-02-29 13:14:15.678901+02')
extract(timezone_minute from timestamptz '2001-02-16 20:38:40+00')
extract(timezone_minute from timestamptz 'infinity')
extract(timezone_minute from interval '1 year 2 months 3 days 04:05:06.789')
extract(timezone_minute from interval '-1 month 10 days -3 hours')
extract(timezone_minute from interval '100 days 25:00:00')
extract(timezone_minute from interval '0')
date_part('timezone_minute', timestamp '2024-02-29 13:14:15.678901')
date_part('timezone_minute', interval '1 year 2 months 3 days 04:05:06.789')
date_part('timezone_minute', date '2024-02-29')
date_trunc('timezone_minute', timestamp '2024-02-29 13:14:15.678901')
date_trunc('timezone_minute', timestamp '0044-03-15 12:00 BC')
date_trunc('timezone_minute', timestamptz '2001-02-16 20:38:40+00')
date_trunc('timezone_minute', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('timezone_minute', timestamp '-infinity')
extract(nonsense from date '2024-02-29')
extract(nonsense from date '0044-03-15 BC')
extract(nonsense from timestamp '2024-02-29 13:14:15.678901')
extract(nonsense from timestamp '0044-03-15 12:00 BC')
extract(nonsense from timestamp '-infinity')
extract(nonsense from timestamptz '2024-02-29 13:14:15.678901+02')
extract(nonsense from timestamptz '2001-02-16 20:38:40+00')
extract(nonsense from timestamptz 'infinity')
extract(nonsense from interval '1 year 2 months 3 days 04:05:06.789')
extract(nonsense from interval '-1 month 10 days -3 hours')
extract(nonsense from interval '100 days 25:00:00')
extract(nonsense from interval '0')
date_part('nonsense', timestamp '2024-02-29 13:14:15.678901')
date_part('nonsense', interval '1 year 2 months 3 days 04:05:06.789')
date_part('nonsense', date '2024-02-29')
date_trunc('nonsense', timestamp '2024-02-29 13:14:15.678901')
date_trunc('nonsense', timestamp '0044-03-15 12:00 BC')
date_trunc('nonsense', timestamptz '2001-02-16 20:38:40+00')
date_trunc('nonsense', interval '1 year 2 months 3 days 04:05:06.789')
date_trunc('nonsense', timestamp '-infinity')
date_trunc('day', timestamptz '2001-02-16 20:38:40+00','Australia/Sydney')
date_trunc('hour', timestamptz '2001-02-16 20:38:40+00','nowhere')
date '2024-02-29' + 1
date '2024-02-29' - 7
date '2024-02-29' + interval '1 month'
date '2024-02-29' - interval '1 day 2 hours'
date '2024-02-29' - date '2024-01-01'
1 + date '2024-02-29'
isfinite(date '2024-02-29')
date '1999-12-31' + 1
date '1999-12-31' - 7
date '1999-12-31' + interval '1 month'
date '1999-12-31' - interval '1 day 2 hours'
date '1999-12-31' - date '2024-01-01'
1 + date '1999-12-31'
isfinite(date '1999-12-31')
date '0044-03-15 BC' + 1
date '0044-03-15 BC' - 7
date '0044-03-15 BC' + interval '1 month'
date '0044-03-15 BC' - interval '1 day 2 hours'
date '0044-03-15 BC' - date '2024-01-01'
1 + date '0044-03-15 BC'
isfinite(date '0044-03-15 BC')
date 'infinity' + 1
date 'infinity' - 7
date 'infinity' + interval '1 month'
date 'infinity' - interval '1 day 2 hours'
date 'infinity' - date '2024-01-01'
1 + date 'infinity'
isfinite(date 'infinity')
timestamp '2024-02-29 13:14:15.678901' + interval '1 month'
timestamp '2024-02-29 13:14:15.678901' - interval '1 year 1 day'
interval '36 hours' + timestamp '2024-02-29 13:14:15.678901'
timestamp '2024-02-29 13:14:15.678901' - timestamp '2000-01-01 12:00'
age(timestamp '2024-02-29 13:14:15.678901', timestamp '2001-05-20 10:00')
isfinite(timestamp '2024-02-29 13:14:15.678901')
timestamp '2024-02-29 13:14:15.678901' at time zone 'Europe/Berlin'
timestamp '2024-02-29 13:14:15.678901' at time zone 'EST'
timestamp '2024-02-29 13:14:15.678901' at time zone interval '-05:00'
timestamp '2024-02-29 13:14:15.678901'::date
timestamp '1999-12-31 23:59:59.999999' + interval '1 month'
timestamp '1999-12-31 23:59:59.999999' - interval '1 year 1 day'
interval '36 hours' + timestamp '1999-12-31 23:59:59.999999'
timestamp '1999-12-31 23:59:59.999999' - timestamp '2000-01-01 12:00'
age(timestamp '1999-12-31 23:59:59.999999', timestamp '2001-05-20 10:00')
isfinite(timestamp '1999-12-31 23:59:59.999999')
timestamp '1999-12-31 23:59:59.999999' at time zone 'Europe/Berlin'
timestamp '1999-12-31 23:59:59.999999' at time zone 'EST'
timestamp '1999-12-31 23:59:59.999999' at time zone interval '-05:00'
timestamp '1999-12-31 23:59:59.999999'::date
timestamp '0044-03-15 12:00 BC' + interval '1 month'
timestamp '0044-03-15 12:00 BC' - interval '1 year 1 day'
interval '36 hours' + timestamp '0044-03-15 12:00 BC'
timestamp '0044-03-15 12:00 BC' - timestamp '2000-01-01 12:00'
age(timestamp '0044-03-15 12:00 BC', timestamp '2001-05-20 10:00')
isfinite(timestamp '0044-03-15 12:00 BC')
timestamp '0044-03-15 12:00 BC' at time zone 'Europe/Berlin'
timestamp '0044-03-15 12:00 BC' at time zone 'EST'
timestamp '0044-03-15 12:00 BC' at time zone interval '-05:00'
timestamp '0044-03-15 12:00 BC'::date
timestamp '-infinity' + interval '1 month'
timestamp '-infinity' - interval '1 year 1 day'
interval '36 hours' + timestamp '-infinity'
timestamp '-infinity' - timestamp '2000-01-01 12:00'
age(timestamp '-infinity', timestamp '2001-05-20 10:00')
isfinite(timestamp '-infinity')
timestamp '-infinity' at time zone 'Europe/Berlin'
timestamp '-infinity' at time zone 'EST'
timestamp '-infinity' at time zone interval '-05:00'
timestamp '-infinity'::date
timestamp '2000-01-01' + interval '1 month'
timestamp '2000-01-01' - interval '1 year 1 day'
interval '36 hours' + timestamp '2000-01-01'
timestamp '2000-01-01' - timestamp '2000-01-01 12:00'
age(timestamp '2000-01-01', timestamp '2001-05-20 10:00')
isfinite(timestamp '2000-01-01')
timestamp '2000-01-01' at time zone 'Europe/Berlin'
timestamp '2000-01-01' at time zone 'EST'
timestamp '2000-01-01' at time zone interval '-05:00'
timestamp '2000-01-01'::date
timestamptz '2024-02-29 13:14:15.678901+02' + interval '1 month 1 day'
timestamptz '2024-02-29 13:14:15.678901+02' - timestamptz '2000-01-01 12:00+00'
timestamptz '2024-02-29 13:14:15.678901+02' at time zone 'America/New_York'
timestamptz '2024-02-29 13:14:15.678901+02' at time zone '+03'
age(timestamptz '2024-02-29 13:14:15.678901+02', timestamptz '1999-05-20 10:00+00')
isfinite(timestamptz '2024-02-29 13:14:15.678901+02')
timestamptz '2024-02-29 13:14:15.678901+02'::timestamp
timestamptz '2001-02-16 20:38:40+00' + interval '1 month 1 day'
timestamptz '2001-02-16 20:38:40+00' - timestamptz '2000-01-01 12:00+00'
timestamptz '2001-02-16 20:38:40+00' at time zone 'America/New_York'
timestamptz '2001-02-16 20:38:40+00' at time zone '+03'
age(timestamptz '2001-02-16 20:38:40+00', timestamptz '1999-05-20 10:00+00')
isfinite(timestamptz '2001-02-16 20:38:40+00')
timestamptz '2001-02-16 20:38:40+00'::timestamp
timestamptz 'infinity' + interval '1 month 1 day'
timestamptz 'infinity' - timestamptz '2000-01-01 12:00+00'
timestamptz 'infinity' at time zone 'America/New_York'
timestamptz 'infinity' at time zone '+03'
age(timestamptz 'infinity', timestamptz '1999-05-20 10:00+00')
isfinite(timestamptz 'infinity')
timestamptz 'infinity'::timestamp
interval '1 year 2 months 3 days 04:05:06.789' + interval '1 day'
interval '1 year 2 months 3 days 04:05:06.789' - interval '1 day'
- interval '1 year 2 months 3 days 04:05:06.789'
interval '1 year 2 months 3 days 04:05:06.789' * 1.5
2 * interval '1 year 2 months 3 days 04:05:06.789'
interval '1 year 2 months 3 days 04:05:06.789' / 4
interval '1 year 2 months 3 days 04:05:06.789' / 0
justify_days(interval '1 year 2 months 3 days 04:05:06.789')
justify_hours(interval '1 year 2 months 3 days 04:05:06.789')
justify_interval(interval '1 year 2 months 3 days 04:05:06.789')
isfinite(interval '1 year 2 months 3 days 04:05:06.789')
interval '-1 month 10 days -3 hours' + interval '1 day'
interval '-1 month 10 days -3 hours' - interval '1 day'
- interval '-1 month 10 days -3 hours'
interval '-1 month 10 days -3 hours' * 1.5
2 * interval '-1 month 10 days -3 hours'
interval '-1 month 10 days -3 hours' / 4
interval '-1 month 10 days -3 hours' / 0
justify_days(interval '-1 month 10 days -3 hours')
justify_hours(interval '-1 month 10 days -3 hours')
justify_interval(interval '-1 month 10 days -3 hours')
isfinite(interval '-1 month 10 days -3 hours')
interval '100 days 25:00:00' + interval '1 day'
interval '100 days 25:00:00' - interval '1 day'
- interval '100 days 25:00:00'
interval '100 days 25:00:00' * 1.5
2 * interval '100 days 25:00:00'
interval '100 days 25:00:00' / 4
interval '100 days 25:00:00' / 0
justify_days(interval '100 days 25:00:00')
justify_hours(interval '100 days 25:00:00')
justify_interval(interval '100 days 25:00:00')
isfinite(interval '100 days 25:00:00')
interval '0' + interval '1 day'
interval '0' - interval '1 day'
- interval '0'
interval '0' * 1.5
2 * interval '0'
interval '0' / 4
interval '0' / 0
justify_days(interval '0')
justify_hours(interval '0')
justify_interval(interval '0')
isfinite(interval '0')
timestamp '2024-01-31' + interval '1 month'
timestamp '2024-03-31' - interval '1 month'
timestamp '294276-12-31' + interval '1 day'
date '5874897-12-31' + 1
date '5874897-12-31' + interval '1 day'
interval '178956970 years' * 2
interval '1 month' * 'NaN'::float8
interval '1 month' / 7
interval '1 day' * 0.33
age(timestamp '2001-04-10', timestamp '1957-06-13')
age(timestamp '2024-02-29', timestamp '2023-03-30')
age(timestamp 'infinity', timestamp '2000-01-01')
make_date(2024,2,29)
make_date(2023,2,29)
make_date(-44,3,15)
make_date(0,1,1)
make_date(2024,13,1)
make_timestamp(2024,7,15,8,15,23.5)
make_timestamp(2024,7,15,24,0,0)
make_timestamp(2024,7,15,25,0,0)
make_timestamp(2024,7,15,8,15,60)
make_timestamptz(2024,7,15,8,15,23.5)
make_timestamptz(2024,7,15,8,15,23.5,'Europe/Berlin')
make_timestamptz(2024,7,15,8,15,23.5,'+02')
make_timestamptz(2024,7,15,8,15,23.5,'nope')
make_interval(days => 10)
make_interval(1,2,3,4,5,6,7.5)
make_interval(secs => 'NaN')
make_interval(years => 2147483647)
to_timestamp(0)
to_timestamp(1284352323.5)
to_timestamp('NaN'::float8)
to_timestamp('Infinity'::float8)
to_timestamp(1e20)
date_bin('15 minutes', timestamp '2020-02-11 15:44:17', timestamp '2001-01-01')
date_bin('15 minutes', timestamp '1990-02-11 15:44:17', timestamp '2001-01-01 00:02:30')
date_bin('1 month', timestamp '2020-02-11', timestamp '2001-01-01')
date_bin('0', timestamp '2020-02-11', timestamp '2001-01-01')
date_bin('1 hour', timestamp 'infinity', timestamp '2001-01-01')
date_bin('1 day', timestamptz '2020-02-11 15:44+00', timestamptz '2001-01-01 00:00+00')
(date '2001-02-16', date '2001-12-21') overlaps (date '2001-10-30', date '2002-10-30')
(date '2001-02-16', interval '100 days') overlaps (date '2001-10-30', date '2002-10-30')
(date '2001-10-29', date '2001-10-30') overlaps (date '2001-10-30', date '2001-10-31')
(date '2001-10-30', date '2001-10-30') overlaps (date '2001-10-30', date '2001-10-31')
(timestamp '2000-01-01', null) overlaps (timestamp '2000-01-02', timestamp '2000-01-03')
timestamptz '2024-03-10 02:30 America/New_York'
timestamp '2024-03-10 02:30' at time zone 'America/New_York'
timestamp '2024-11-03 01:30' at time zone 'America/New_York'
extract(epoch from timestamptz '1969-12-31 23:59:59.5+00')
extract(century from date '2000-12-16')
extract(century from date '2001-01-01')
extract(week from date '2006-01-01')
extract(isoyear from date '2006-01-01')
date '2024-01-01' between date '2023-12-31' and date '2024-01-02'
3 between symmetric 5 and 1
3 between 5 and 1
null is distinct from null
1 is distinct from null
1 is not distinct from 1
greatest(1,null,3)
least(2.5,1)
coalesce(null,2)
nullif(1,1)
nullif(1,2)
case when true then 1 else 2.5 end
true and null
false and null
true or null
not null::bool
null is null
true is not unknown
(1,2) = (1,2)
(1,2) < (1,3)
(1,null) = (1,2)
1 in (1,2)
1 in (2,null)
1 not in (2,3)
to_char((0)::numeric, '999')
to_char((0)::numeric, '9999.99')
to_char((0)::numeric, 'FM9999.99')
to_char((0)::numeric, 'FM90.99')
to_char((0)::numeric, '0999.9')
to_char((0)::numeric, 'S999.9')
to_char((0)::numeric, '999.9S')
to_char((0)::numeric, '999.9MI')
to_char((0)::numeric, 'FM999.9MI')
to_char((0)::numeric, '999.9PR')
to_char((0)::numeric, 'PL999')
to_char((0)::numeric, 'SG999')
to_char((0)::numeric, '9,999.9')
to_char((0)::numeric, '9G999D9')
to_char((0)::numeric, 'L999')
to_char((0)::numeric, 'RN')
to_char((0)::numeric, 'FMRN')
to_char((0)::numeric, '999th')
to_char((0)::numeric, '999TH')
to_char((0)::numeric, '99V99')
to_char((0)::numeric, '9.99EEEE')
to_char((0)::numeric, 'B9999')
to_char((0)::numeric, 'FM0000')
to_char((0)::numeric, '"x"999')
to_char((0)::numeric, '999 9')
to_char((485)::numeric, '999')
to_char((485)::numeric, '9999.99')
to_char((485)::numeric, 'FM9999.99')
to_char((485)::numeric, 'FM90.99')
to_char((485)::numeric, '0999.9')
to_char((485)::numeric, 'S999.9')
to_char((485)::numeric, '999.9S')
to_char((485)::numeric, '999.9MI')
to_char((485)::numeric, 'FM999.9MI')
to_char((485)::numeric, '999.9PR')
to_char((485)::numeric, 'PL999')
to_char((485)::numeric, 'SG999')
to_char((485)::numeric, '9,999.9')
to_char((485)::numeric, '9G999D9')
to_char((485)::numeric, 'L999')
to_char((485)::numeric, 'RN')
to_char((485)::numeric, 'FMRN')
to_char((485)::numeric, '999th')
to_char((485)::numeric, '999TH')
to_char((485)::numeric, '99V99')
to_char((485)::numeric, '9.99EEEE')
to_char((485)::numeric, 'B9999')
to_char((485)::numeric, 'FM0000')
to_char((485)::numeric, '"x"999')
to_char((485)::numeric, '999 9')
to_char((-485)::numeric, '999')
to_char((-485)::numeric, '9999.99')
to_char((-485)::numeric, 'FM9999.99')
to_char((-485)::numeric, 'FM90.99')
to_char((-485)::numeric, '0999.9')
to_char((-485)::numeric, 'S999.9')
to_char((-485)::numeric, '999.9S')
to_char((-485)::numeric, '999.9MI')
to_char((-485)::numeric, 'FM999.9MI')
to_char((-485)::numeric, '999.9PR')
to_char((-485)::numeric, 'PL999')
to_char((-485)::numeric, 'SG999')
to_char((-485)::numeric, '9,999.9')
to_char((-485)::numeric, '9G999D9')
to_char((-485)::numeric, 'L999')
to_char((-485)::numeric, 'RN')
to_char((-485)::numeric, 'FMRN')
to_char((-485)::numeric, '999th')
to_char((-485)::numeric, '999TH')
to_char((-485)::numeric, '99V99')
to_char((-485)::numeric, '9.99EEEE')
to_char((-485)::numeric, 'B9999')
to_char((-485)::numeric, 'FM0000')
to_char((-485)::numeric, '"x"999')
to_char((-485)::numeric, '999 9')
to_char((0.1)::numeric, '999')
to_char((0.1)::numeric, '9999.99')
to_char((0.1)::numeric, 'FM9999.99')
to_char((0.1)::numeric, 'FM90.99')
to_char((0.1)::numeric, '0999.9')
to_char((0.1)::numeric, 'S999.9')
to_char((0.1)::numeric, '999.9S')
to_char((0.1)::numeric, '999.9MI')
to_char((0.1)::numeric, 'FM999.9MI')
to_char((0.1)::numeric, '999.9PR')
to_char((0.1)::numeric, 'PL999')
to_char((0.1)::numeric, 'SG999')
to_char((0.1)::numeric, '9,999.9')
to_char((0.1)::numeric, '9G999D9')
to_char((0.1)::numeric, 'L999')
to_char((0.1)::numeric, 'RN')
to_char((0.1)::numeric, 'FMRN')
to_char((0.1)::numeric, '999th')
to_char((0.1)::numeric, '999TH')
to_char((0.1)::numeric, '99V99')
to_char((0.1)::numeric, '9.99EEEE')
to_char((0.1)::numeric, 'B9999')
to_char((0.1)::numeric, 'FM0000')
to_char((0.1)::numeric, '"x"999')
to_char((0.1)::numeric, '999 9')
to_char((-0.1)::numeric, '999')
to_char((-0.1)::numeric, '9999.99')
to_char((-0.1)::numeric, 'FM9999.99')
to_char((-0.1)::numeric, 'FM90.99')
to_char((-0.1)::numeric, '0999.9')
to_char((-0.1)::numeric, 'S999.9')
to_char((-0.1)::numeric, '999.9S')
to_char((-0.1)::numeric, '999.9MI')
to_char((-0.1)::numeric, 'FM999.9MI')
to_char((-0.1)::numeric, '999.9PR')
to_char((-0.1)::numeric, 'PL999')
to_char((-0.1)::numeric, 'SG999')
to_char((-0.1)::numeric, '9,999.9')
to_char((-0.1)::numeric, '9G999D9')
to_char((-0.1)::numeric, 'L999')
to_char((-0.1)::numeric, 'RN')
to_char((-0.1)::numeric, 'FMRN')
to_char((-0.1)::numeric, '999th')
to_char((-0.1)::numeric, '999TH')
to_char((-0.1)::numeric, '99V99')
to_char((-0.1)::numeric, '9.99EEEE')
to_char((-0.1)::numeric, 'B9999')
to_char((-0.1)::numeric, 'FM0000')
to_char((-0.1)::numeric, '"x"999')
to_char((-0.1)::numeric, '999 9')
to_char((12)::numeric, '999')
to_char((12)::numeric, '9999.99')
to_char((12)::numeric, 'FM9999.99')
to_char((12)::numeric, 'FM90.99')
to_char((12)::numeric, '0999.9')
to_char((12)::numeric, 'S999.9')
to_char((12)::numeric, '999.9S')
to_char((12)::numeric, '999.9MI')
to_char((12)::numeric, 'FM999.9MI')
to_char((12)::numeric, '999.9PR')
to_char((12)::numeric, 'PL999')
to_char((12)::numeric, 'SG999')
to_char((12)::numeric, '9,999.9')
to_char((12)::numeric, '9G999D9')
to_char((12)::numeric, 'L999')
to_char((12)::numeric, 'RN')
to_char((12)::numeric, 'FMRN')
to_char((12)::numeric, '999th')
to_char((12)::numeric, '999TH')
to_char((12)::numeric, '99V99')
to_char((12)::numeric, '9.99EEEE')
to_char((12)::numeric, 'B9999')
to_char((12)::numeric, 'FM0000')
to_char((12)::numeric, '"x"999')
to_char((12)::numeric, '999 9')
to_char((1485)::numeric, '999')
to_char((1485)::numeric, '9999.99')
to_char((1485)::numeric, 'FM9999.99')
to_char((1485)::numeric, 'FM90.99')
to_char((1485)::numeric, '0999.9')
to_char((1485)::numeric, 'S999.9')
to_char((1485)::numeric, '999.9S')
to_char((1485)::numeric, '999.9MI')
to_char((1485)::numeric, 'FM999.9MI')
to_char((1485)::numeric, '999.9PR')
to_char((1485)::numeric, 'PL999')
to_char((1485)::numeric, 'SG999')
to_char((1485)::numeric, '9,999.9')
to_char((1485)::numeric, '9G999D9')
to_char((1485)::numeric, 'L999')
to_char((1485)::numeric, 'RN')
to_char((1485)::numeric, 'FMRN')
to_char((1485)::numeric, '999th')
to_char((1485)::numeric, '999TH')
to_char((1485)::numeric, '99V99')
to_char((1485)::numeric, '9.99EEEE')
to_char((1485)::numeric, 'B9999')
to_char((1485)::numeric, 'FM0000')
to_char((1485)::numeric, '"x"999')
to_char((1485)::numeric, '999 9')
to_char((148.5)::numeric, '999')
to_char((148.5)::numeric, '9999.99')
to_char((148.5)::numeric, 'FM9999.99')
to_char((148.5)::numeric, 'FM90.99')
to_char((148.5)::numeric, '0999.9')
to_char((148.5)::numeric, 'S999.9')
to_char((148.5)::numeric, '999.9S')
to_char((148.5)::numeric, '999.9MI')
to_char((148.5)::numeric, 'FM999.9MI')
to_char((148.5)::numeric, '999.9PR')
to_char((148.5)::numeric, 'PL999')
to_char((148.5)::numeric, 'SG999')
to_char((148.5)::numeric, '9,999.9')
to_char((148.5)::numeric, '9G999D9')
to_char((148.5)::numeric, 'L999')
to_char((148.5)::numeric, 'RN')
to_char((148.5)::numeric, 'FMRN')
to_char((148.5)::numeric, '999th')
to_char((148.5)::numeric, '999TH')
to_char((148.5)::numeric, '99V99')
to_char((148.5)::numeric, '9.99EEEE')
to_char((148.5)::numeric, 'B9999')
to_char((148.5)::numeric, 'FM0000')
to_char((148.5)::numeric, '"x"999')
to_char((148.5)::numeric, '999 9')
to_char((3148.5)::numeric, '999')
to_char((3148.5)::numeric, '9999.99')
to_char((3148.5)::numeric, 'FM9999.99')
to_char((3148.5)::numeric, 'FM90.99')
to_char((3148.5)::numeric, '0999.9')
to_char((3148.5)::numeric, 'S999.9')
to_char((3148.5)::numeric, '999.9S')
to_char((3148.5)::numeric, '999.9MI')
to_char((3148.5)::numeric, 'FM999.9MI')
to_char((3148.5)::numeric, '999.9PR')
to_char((3148.5)::numeric, 'PL999')
to_char((3148.5)::numeric, 'SG999')
to_char((3148.5)::numeric, '9,999.9')
to_char((3148.5)::numeric, '9G999D9')
to_char((3148.5)::numeric, 'L999')
to_char((3148.5)::numeric, 'RN')
to_char((3148.5)::numeric, 'FMRN')
to_char((3148.5)::numeric, '999th')
to_char((3148.5)::numeric, '999TH')
to_char((3148.5)::numeric, '99V99')
to_char((3148.5)::numeric, '9.99EEEE')
to_char((3148.5)::numeric, 'B9999')
to_char((3148.5)::numeric, 'FM0000')
to_char((3148.5)::numeric, '"x"999')
to_char((3148.5)::numeric, '999 9')
to_char((-12.45)::numeric, '999')
to_char((-12.45)::numeric, '9999.99')
to_char((-12.45)::numeric, 'FM9999.99')
to_char((-12.45)::numeric, 'FM90.99')
to_char((-12.45)::numeric, '0999.9')
to_char((-12.45)::numeric, 'S999.9')
to_char((-12.45)::numeric, '999.9S')
to_char((-12.45)::numeric, '999.9MI')
to_char((-12.45)::numeric, 'FM999.9MI')
to_char((-12.45)::numeric, '999.9PR')
to_char((-12.45)::numeric, 'PL999')
to_char((-12.45)::numeric, 'SG999')
to_char((-12.45)::numeric, '9,999.9')
to_char((-12.45)::numeric, '9G999D9')
to_char((-12.45)::numeric, 'L999')
to_char((-12.45)::numeric, 'RN')
to_char((-12.45)::numeric, 'FMRN')
to_char((-12.45)::numeric, '999th')
to_char((-12.45)::numeric, '999TH')
to_char((-12.45)::numeric, '99V99')
to_char((-12.45)::numeric, '9.99EEEE')
to_char((-12.45)::numeric, 'B9999')
to_char((-12.45)::numeric, 'FM0000')
to_char((-12.45)::numeric, '"x"999')
to_char((-12.45)::numeric, '999 9')
to_char((123456789)::numeric, '999')
to_char((123456789)::numeric, '9999.99')
to_char((123456789)::numeric, 'FM9999.99')
to_char((123456789)::numeric, 'FM90.99')
to_char((123456789)::numeric, '0999.9')
to_char((123456789)::numeric, 'S999.9')
to_char((123456789)::numeric, '999.9S')
to_char((123456789)::numeric, '999.9MI')
to_char((123456789)::numeric, 'FM999.9MI')
to_char((123456789)::numeric, '999.9PR')
to_char((123456789)::numeric, 'PL999')
to_char((123456789)::numeric, 'SG999')
to_char((123456789)::numeric, '9,999.9')
to_char((123456789)::numeric, '9G999D9')
to_char((123456789)::numeric, 'L999')
to_char((123456789)::numeric, 'RN')
to_char((123456789)::numeric, 'FMRN')
to_char((123456789)::numeric, '999th')
to_char((123456789)::numeric, '999TH')
to_char((123456789)::numeric, '99V99')
to_char((123456789)::numeric, '9.99EEEE')
to_char((123456789)::numeric, 'B9999')
to_char((123456789)::numeric, 'FM0000')
to_char((123456789)::numeric, '"x"999')
to_char((123456789)::numeric, '999 9')
to_char((0.005)::numeric, '999')
to_char((0.005)::numeric, '9999.99')
to_char((0.005)::numeric, 'FM9999.99')
to_char((0.005)::numeric, 'FM90.99')
to_char((0.005)::numeric, '0999.9')
to_char((0.005)::numeric, 'S999.9')
to_char((0.005)::numeric, '999.9S')
to_char((0.005)::numeric, '999.9MI')
to_char((0.005)::numeric, 'FM999.9MI')
to_char((0.005)::numeric, '999.9PR')
to_char((0.005)::numeric, 'PL999')
to_char((0.005)::numeric, 'SG999')
to_char((0.005)::numeric, '9,999.9')
to_char((0.005)::numeric, '9G999D9')
to_char((0.005)::numeric, 'L999')
to_char((0.005)::numeric, 'RN')
to_char((0.005)::numeric, 'FMRN')
to_char((0.005)::numeric, '999th')
to_char((0.005)::numeric, '999TH')
to_char((0.005)::numeric, '99V99')
to_char((0.005)::numeric, '9.99EEEE')
to_char((0.005)::numeric, 'B9999')
to_char((0.005)::numeric, 'FM0000')
to_char((0.005)::numeric, '"x"999')
to_char((0.005)::numeric, '999 9')
to_char(12345::float8,'99999.999999999999999')
to_char(1.5::float4,'9.99999999')
to_char('NaN'::float8,'9999.9')
to_char('Infinity'::float8,'999')
to_char('Infinity'::numeric,'999')
to_char('NaN'::numeric,'9.9EEEE')
to_char(12,'9.9.9')
to_char(12,'S9S')
to_char(12,'9PR9')
to_char(12,'')
to_char(2147483647,'9999999999')
to_char(9223372036854775807,'9999999999999999999')
to_char(4000,'RN')
to_char(9.999,'9.9EEEE')
to_char(1e100::float8,'9.99EEEE')
to_char(-5,'9"th"')
to_number('12,454.8-','99G999D9S')
to_number('-34,338,492','99G999G999')
to_number('<564646.654564>','999999.999999PR')
to_number('5.01-','FM9.999999MI')
to_number('$1,234.56','L9,999.99')
to_number('123','99')
to_number('abc','999')
to_number('','999')
to_number('12','')
to_number(' 12.3','99.9')
to_number('1 234','9 999')
to_number('+12','S99')
to_number('12.345','99V999')
to_number('MXI','RN')
to_char(timestamp '2024-02-29 13:14:15.678901', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(timestamp '0044-03-15 12:00 BC', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(timestamp '2024-01-05 00:07:08', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(timestamp 'infinity', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'YYYY-MM-DD HH24:MI:SS.US')
to_char(timestamp '2024-02-29 13:14:15.678901', 'YYYY YYY YY Y Y,YYY')
to_char(timestamp '0044-03-15 12:00 BC', 'YYYY YYY YY Y Y,YYY')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'YYYY YYY YY Y Y,YYY')
to_char(timestamp '2024-01-05 00:07:08', 'YYYY YYY YY Y Y,YYY')
to_char(timestamp 'infinity', 'YYYY YYY YY Y Y,YYY')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'YYYY YYY YY Y Y,YYY')
to_char(timestamp '2024-02-29 13:14:15.678901', 'IYYY IYY IY I IW ID IDDD')
to_char(timestamp '0044-03-15 12:00 BC', 'IYYY IYY IY I IW ID IDDD')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'IYYY IYY IY I IW ID IDDD')
to_char(timestamp '2024-01-05 00:07:08', 'IYYY IYY IY I IW ID IDDD')
to_char(timestamp 'infinity', 'IYYY IYY IY I IW ID IDDD')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'IYYY IYY IY I IW ID IDDD')
to_char(timestamp '2024-02-29 13:14:15.678901', 'HH HH12 HH24 MI SS SSSS MS US FF3')
to_char(timestamp '0044-03-15 12:00 BC', 'HH HH12 HH24 MI SS SSSS MS US FF3')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'HH HH12 HH24 MI SS SSSS MS US FF3')
to_char(timestamp '2024-01-05 00:07:08', 'HH HH12 HH24 MI SS SSSS MS US FF3')
to_char(timestamp 'infinity', 'HH HH12 HH24 MI SS SSSS MS US FF3')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'HH HH12 HH24 MI SS SSSS MS US FF3')
to_char(timestamp '2024-02-29 13:14:15.678901', 'AM a.m. pm P.M.')
to_char(timestamp '0044-03-15 12:00 BC', 'AM a.m. pm P.M.')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'AM a.m. pm P.M.')
to_char(timestamp '2024-01-05 00:07:08', 'AM a.m. pm P.M.')
to_char(timestamp 'infinity', 'AM a.m. pm P.M.')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'AM a.m. pm P.M.')
to_char(timestamp '2024-02-29 13:14:15.678901', 'AD B.C. ad')
to_char(timestamp '0044-03-15 12:00 BC', 'AD B.C. ad')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'AD B.C. ad')
to_char(timestamp '2024-01-05 00:07:08', 'AD B.C. ad')
to_char(timestamp 'infinity', 'AD B.C. ad')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'AD B.C. ad')
to_char(timestamp '2024-02-29 13:14:15.678901', 'MONTH Month month MON Mon mon MM')
to_char(timestamp '0044-03-15 12:00 BC', 'MONTH Month month MON Mon mon MM')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'MONTH Month month MON Mon mon MM')
to_char(timestamp '2024-01-05 00:07:08', 'MONTH Month month MON Mon mon MM')
to_char(timestamp 'infinity', 'MONTH Month month MON Mon mon MM')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'MONTH Month month MON Mon mon MM')
to_char(timestamp '2024-02-29 13:14:15.678901', 'DAY Day day DY Dy dy D DD DDD')
to_char(timestamp '0044-03-15 12:00 BC', 'DAY Day day DY Dy dy D DD DDD')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'DAY Day day DY Dy dy D DD DDD')
to_char(timestamp '2024-01-05 00:07:08', 'DAY Day day DY Dy dy D DD DDD')
to_char(timestamp 'infinity', 'DAY Day day DY Dy dy D DD DDD')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'DAY Day day DY Dy dy D DD DDD')
to_char(timestamp '2024-02-29 13:14:15.678901', 'FMMonth FMDay FMDD FMHH24 FMMM')
to_char(timestamp '0044-03-15 12:00 BC', 'FMMonth FMDay FMDD FMHH24 FMMM')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'FMMonth FMDay FMDD FMHH24 FMMM')
to_char(timestamp '2024-01-05 00:07:08', 'FMMonth FMDay FMDD FMHH24 FMMM')
to_char(timestamp 'infinity', 'FMMonth FMDay FMDD FMHH24 FMMM')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'FMMonth FMDay FMDD FMHH24 FMMM')
to_char(timestamp '2024-02-29 13:14:15.678901', 'DDth DDTH MMth')
to_char(timestamp '0044-03-15 12:00 BC', 'DDth DDTH MMth')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'DDth DDTH MMth')
to_char(timestamp '2024-01-05 00:07:08', 'DDth DDTH MMth')
to_char(timestamp 'infinity', 'DDth DDTH MMth')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'DDth DDTH MMth')
to_char(timestamp '2024-02-29 13:14:15.678901', 'WW W CC Q J RM rm')
to_char(timestamp '0044-03-15 12:00 BC', 'WW W CC Q J RM rm')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'WW W CC Q J RM rm')
to_char(timestamp '2024-01-05 00:07:08', 'WW W CC Q J RM rm')
to_char(timestamp 'infinity', 'WW W CC Q J RM rm')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'WW W CC Q J RM rm')
to_char(timestamp '2024-02-29 13:14:15.678901', 'FMRM FMDDth')
to_char(timestamp '0044-03-15 12:00 BC', 'FMRM FMDDth')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'FMRM FMDDth')
to_char(timestamp '2024-01-05 00:07:08', 'FMRM FMDDth')
to_char(timestamp 'infinity', 'FMRM FMDDth')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'FMRM FMDDth')
to_char(timestamp '2024-02-29 13:14:15.678901', 'TZ OF TZH TZM')
to_char(timestamp '0044-03-15 12:00 BC', 'TZ OF TZH TZM')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'TZ OF TZH TZM')
to_char(timestamp '2024-01-05 00:07:08', 'TZ OF TZH TZM')
to_char(timestamp 'infinity', 'TZ OF TZH TZM')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'TZ OF TZH TZM')
to_char(timestamp '2024-02-29 13:14:15.678901', '"quoted YYYY" YYYY \"x')
to_char(timestamp '0044-03-15 12:00 BC', '"quoted YYYY" YYYY \"x')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', '"quoted YYYY" YYYY \"x')
to_char(timestamp '2024-01-05 00:07:08', '"quoted YYYY" YYYY \"x')
to_char(timestamp 'infinity', '"quoted YYYY" YYYY \"x')
to_char(interval '1 year 2 months 3 days 04:05:06.789', '"quoted YYYY" YYYY \"x')
to_char(timestamp '2024-02-29 13:14:15.678901', 'Dy, DD Mon YYYY')
to_char(timestamp '0044-03-15 12:00 BC', 'Dy, DD Mon YYYY')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'Dy, DD Mon YYYY')
to_char(timestamp '2024-01-05 00:07:08', 'Dy, DD Mon YYYY')
to_char(timestamp 'infinity', 'Dy, DD Mon YYYY')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'Dy, DD Mon YYYY')
to_char(timestamp '2024-02-29 13:14:15.678901', 'FMYYYY-FMMM-FMDD')
to_char(timestamp '0044-03-15 12:00 BC', 'FMYYYY-FMMM-FMDD')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', 'FMYYYY-FMMM-FMDD')
to_char(timestamp '2024-01-05 00:07:08', 'FMYYYY-FMMM-FMDD')
to_char(timestamp 'infinity', 'FMYYYY-FMMM-FMDD')
to_char(interval '1 year 2 months 3 days 04:05:06.789', 'FMYYYY-FMMM-FMDD')
to_char(timestamp '2024-02-29 13:14:15.678901', '')
to_char(timestamp '0044-03-15 12:00 BC', '')
to_char(timestamptz '2024-02-29 13:14:15.678901+02', '')
to_char(timestamp '2024-01-05 00:07:08', '')
to_char(timestamp 'infinity', '')
to_char(interval '1 year 2 months 3 days 04:05:06.789', '')
to_char(interval '-1 year -2 days -03:04:05.6', 'YYYY DD HH24:MI:SS.MS')
to_char(interval '200:00:01','HH24:MI:SS')
to_char(date '2024-05-06','FMDay DDth')
to_date('2024-02-09','YYYY-MM-DD')
to_date('05 Dec 2000','DD Mon YYYY')
to_date('20240209','YYYYMMDD')
to_date('2024/2/9','YYYY-MM-DD')
to_date('9 february 24','DD month YY')
to_date('2024-040','YYYY-DDD')
to_date('2024-06-5','IYYY-IW-ID')
to_date('2024-02-30','YYYY-MM-DD')
to_date('2024-13-01','YYYY-MM-DD')
to_date('2024-xx-01','YYYY-MM-DD')
to_date('','YYYY')
to_date('44-03-15 BC','YYYY-MM-DD BC')
to_date('2460350','J')
to_date('95','YY')
to_date('5','Y')
to_date('995','YYY')
to_date('20000-1131','YYYY-MMDD')
to_date('2000    JUN','YYYY MON')
to_date('2000JUN','YYYY///MON')
to_date('12 13:14:15','DD HH24:MI:SS')
to_date('IV 2024','RM YYYY')
to_date('Monday 5 2 2024','Day DD MM YYYY')
to_date('21 24','CC YY')
to_date('2024-W06','YYYY-"W"WW')
to_timestamp('2024-02-09 13:14:15.678','YYYY-MM-DD HH24:MI:SS.MS')
to_timestamp('2024-02-09 01:14 PM','YYYY-MM-DD HH12:MI AM')
to_timestamp('2024-02-09 12:14 a.m.','YYYY-MM-DD HH12:MI a.m.')
to_timestamp('2024-02-09 13:14 PM','YYYY-MM-DD HH12:MI AM')
to_timestamp('2024-02-09 25:00','YYYY-MM-DD HH24:MI')
to_timestamp('12:30:45.5','HH24:MI:SS.US')
to_timestamp('2024-02-09 10:00 +05:30','YYYY-MM-DD HH24:MI TZH:TZM')
to_timestamp('2024-02-09 10:00 -03','YYYY-MM-DD HH24:MI TZH')
to_timestamp('2024 3600','YYYY SSSS')
to_timestamp('15:12:02.020.001230','HH24:MI:SS.MS.US')
to_timestamp('2011-12-18 11:38 20','YYYY-MM-DD HH12:MI SS')
to_timestamp('20240209T131415','YYYYMMDD"T"HH24MISS')
to_timestamp('2024-02-09 10:00 EST','YYYY-MM-DD HH24:MI TZ')
('12')::int4
('12x')::int4
(' 12 ')::int2
('99999')::int2
(1.5)::int4
(2.5)::int4
(-2.5)::int4
(2.5::float8)::int4
(3.5::float8)::int4
(1e10)::int4
('NaN'::float8)::int4
(true)::int4
(2)::bool
('yes')::bool
('maybe')::bool
('on')::bool
(1.23456789)::numeric(5,2)
(12345.678)::numeric(5,2)
('1e3')::numeric
('NaN')::numeric
('abc')::varchar(2)
('abc')::char(5)
(123)::text
(1.50)::text
(1e20::float8)::text
('2024-02-30')::date
('2024-02-29')::date
('Jan 5 2024')::date
('2024-02-29 25:00')::timestamp
('1 year 2 mons')::interval
('P1Y2M3DT4H')::interval
('1-2')::interval
('x')::interval
('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11')::uuid
('xyz')::uuid
('\xzz')::bytea
('abc')::bytea
('{1,2}')::int[]
(array[1,2])::text[]
('1'::"char")::int4
(65)::"char"
(timestamp '2024-01-02 03:04:05')::date
(date '2024-01-02')::timestamptz
(9223372036854775807)::float8
(9223372036854775807)::float4
(16777217)::float4
('1e400')::float8
('1e-400')::float8
('0x10')::int4
('inf')::float8
(true)::text
(1)::oid
(-1)::oid
pg_size_pretty(10239::int8)
pg_size_pretty(10240::int8)
pg_size_pretty(1234567890::int8)
pg_size_pretty(-1234567890123::int8)
pg_size_pretty(1e20)
pg_size_pretty(10.5)
pg_size_bytes('1.5 GB')
pg_size_bytes('10')
pg_size_bytes('1 XB')
format_type(23,-1)
format_type(1043,24)
format_type(1700,655366)
format_type(1042,null)
format_type(0,null)
format_type(null,null)
format_type(1007,-1)
pg_encoding_to_char(6)
pg_char_to_encoding('utf8')
pg_is_in_recovery()
current_setting('nope.nope',true)
current_setting('nope')
to_regtype('int4')
to_regtype('nope')
pg_typeof(1)
pg_typeof(1.5)
pg_typeof('x'::text)
pg_typeof(array[1])
