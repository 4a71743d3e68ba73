//! PostgreSQL 15's own answers (`tests/oracle/*.txt`, written by `generate.sh` from `cases/`) against ours.

mod oracle;
