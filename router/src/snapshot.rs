//! The catalog at one version, in memory: immutable, shared by all sessions of a router.

use catalog::{
    DatabaseDescriptor, Descriptor, DescriptorKind, IndexDescriptor, RoleDescriptor, SchemaDescriptor,
    SequenceDescriptor, TableDescriptor, reserved,
};
use kv::Timestamp;
use planner::TableRef;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// One object of the catalog, by kind.
#[derive(Clone)]
pub enum Object {
    Database(Arc<DatabaseDescriptor>),
    Schema(Arc<SchemaDescriptor>),
    Table(Arc<TableDescriptor>),
    Sequence(Arc<SequenceDescriptor>),
    Role(Arc<RoleDescriptor>),
}

/// An object with its descriptor's version.
#[derive(Clone)]
pub struct Entry {
    pub id: u32,
    pub version: u64,
    pub object: Object,
}

/// All descriptors at one version. Dropped ones are left out.
#[derive(Clone, Default)]
pub struct CatalogSnapshot {
    /// The catalog's version (`catalog::reserved::catalog_version_key`).
    pub version: u64,
    /// A transaction that uses it commits below this (`Transaction::set_commit_below`).
    pub expiration: Timestamp,
    /// It holds changes of a transaction that has not committed: plans made over it are not for other sessions.
    pub uncommitted: bool,
    by_id: BTreeMap<u32, Entry>,
    /// (database, schema, name) -> id; schemas under schema 0, databases under (0, 0), roles under (0, 1).
    by_name: HashMap<(u32, u32), HashMap<String, u32>>,
    /// Indexes share the names of their schema's relations: name -> table.
    indexes: HashMap<(u32, u32), HashMap<String, u32>>,
    /// OID of an index -> its table.
    index_oids: HashMap<u32, u32>,
}

impl CatalogSnapshot {
    pub fn new(
        version: u64,
        expiration: Timestamp,
        descriptors: impl IntoIterator<Item = Descriptor>,
    ) -> CatalogSnapshot {
        let mut out = CatalogSnapshot { version, expiration, ..CatalogSnapshot::default() };
        for d in descriptors {
            out.put(d);
        }
        out
    }
    /// Adds or replaces a descriptor.
    pub fn put(&mut self, descriptor: Descriptor) {
        self.remove(descriptor.id);
        let (id, version) = (descriptor.id, descriptor.version);
        let object = match descriptor.kind {
            Some(DescriptorKind::Database(d)) if !d.dropped => Object::Database(Arc::new(d)),
            Some(DescriptorKind::Schema(d)) => Object::Schema(Arc::new(d)),
            Some(DescriptorKind::Table(d)) if !d.dropped => Object::Table(Arc::new(d)),
            Some(DescriptorKind::Sequence(d)) => Object::Sequence(Arc::new(d)),
            Some(DescriptorKind::Role(d)) => Object::Role(Arc::new(d)),
            _ => return,
        };
        let entry = Entry { id, version, object };
        let (place, name) = entry.place();
        self.by_name.entry(place).or_default().insert(name, id);
        if let Object::Table(t) = &entry.object {
            for index in t.all_indexes() {
                if !index.name.is_empty() {
                    self.indexes.entry(place).or_default().insert(index.name.clone(), id);
                }
                self.index_oids.insert(index.oid, id);
            }
        }
        self.by_id.insert(id, entry);
    }
    /// Forgets a descriptor.
    pub fn remove(&mut self, id: u32) {
        let Some(entry) = self.by_id.remove(&id) else { return };
        let (place, name) = entry.place();
        if let Some(names) = self.by_name.get_mut(&place) {
            names.remove(&name);
        }
        if let Object::Table(t) = &entry.object {
            for index in t.all_indexes() {
                self.index_oids.remove(&index.oid);
                if let Some(names) = self.indexes.get_mut(&place) {
                    names.remove(&index.name);
                }
            }
        }
    }
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.by_id.values()
    }
    pub fn entry(&self, id: u32) -> Option<&Entry> {
        self.by_id.get(&id)
    }
    fn named(&self, place: (u32, u32), name: &str) -> Option<&Entry> {
        self.by_id.get(self.by_name.get(&place)?.get(name)?)
    }
    pub fn database(&self, name: &str) -> Option<(u32, &Arc<DatabaseDescriptor>)> {
        self.named((0, 0), name).and_then(|e| match &e.object {
            Object::Database(d) => Some((e.id, d)),
            _ => None,
        })
    }
    pub fn database_by_id(&self, id: u32) -> Option<&Arc<DatabaseDescriptor>> {
        match &self.by_id.get(&id)?.object {
            Object::Database(d) => Some(d),
            _ => None,
        }
    }
    pub fn databases(&self) -> impl Iterator<Item = (u32, &Arc<DatabaseDescriptor>)> {
        self.by_id.values().filter_map(|e| match &e.object {
            Object::Database(d) => Some((e.id, d)),
            _ => None,
        })
    }
    pub fn schema(&self, database: u32, name: &str) -> Option<(u32, &Arc<SchemaDescriptor>)> {
        self.named((database, 0), name).and_then(|e| match &e.object {
            Object::Schema(d) => Some((e.id, d)),
            _ => None,
        })
    }
    pub fn schema_by_id(&self, id: u32) -> Option<&Arc<SchemaDescriptor>> {
        match &self.by_id.get(&id)?.object {
            Object::Schema(d) => Some(d),
            _ => None,
        }
    }
    /// Name of a schema, also of those that every database has.
    pub fn schema_name(&self, id: u32) -> Option<String> {
        match id {
            reserved::PG_CATALOG_OID => Some("pg_catalog".to_owned()),
            reserved::INFORMATION_SCHEMA_OID => Some("information_schema".to_owned()),
            reserved::MERIDIAN_CATALOG_OID => Some("meridian_catalog".to_owned()),
            _ => self.schema_by_id(id).map(|s| s.name.clone()),
        }
    }
    /// The table or sequence of that name in a schema.
    pub fn relation(&self, database: u32, schema: u32, name: &str) -> Option<&Entry> {
        self.named((database, schema), name)
    }
    /// The table and index of that index name in a schema.
    pub fn index(&self, database: u32, schema: u32, name: &str) -> Option<(TableRef, &IndexDescriptor)> {
        let table = *self.indexes.get(&(database, schema))?.get(name)?;
        let Object::Table(t) = &self.by_id.get(&table)?.object else { return None };
        let index = t.all_indexes().find(|i| i.name == name)?;
        Some((self.table(table)?, index))
    }
    /// The table and index with that OID of the index.
    pub fn index_by_oid(&self, oid: u32) -> Option<(TableRef, &IndexDescriptor)> {
        let table = *self.index_oids.get(&oid)?;
        let Object::Table(t) = &self.by_id.get(&table)?.object else { return None };
        let index = t.all_indexes().find(|i| i.oid == oid)?;
        Some((self.table(table)?, index))
    }
    pub fn table(&self, id: u32) -> Option<TableRef> {
        let e = self.by_id.get(&id)?;
        match &e.object {
            Object::Table(d) => Some(TableRef { id, version: e.version, descriptor: d.clone() }),
            _ => None,
        }
    }
    pub fn tables(&self, database: u32) -> impl Iterator<Item = (u32, &Arc<TableDescriptor>)> {
        self.by_id.values().filter_map(move |e| match &e.object {
            Object::Table(d) if d.database_id == database => Some((e.id, d)),
            _ => None,
        })
    }
    pub fn sequence(&self, id: u32) -> Option<(u64, &Arc<SequenceDescriptor>)> {
        let e = self.by_id.get(&id)?;
        match &e.object {
            Object::Sequence(d) => Some((e.version, d)),
            _ => None,
        }
    }
    pub fn role(&self, name: &str) -> Option<(u32, &Arc<RoleDescriptor>)> {
        self.named((0, reserved::NAMESPACE_ROLES), name).and_then(|e| match &e.object {
            Object::Role(d) => Some((e.id, d)),
            _ => None,
        })
    }
    pub fn role_by_id(&self, id: u32) -> Option<&Arc<RoleDescriptor>> {
        match &self.by_id.get(&id)?.object {
            Object::Role(d) => Some(d),
            _ => None,
        }
    }
    pub fn roles(&self) -> impl Iterator<Item = (u32, &Arc<RoleDescriptor>)> {
        self.by_id.values().filter_map(|e| match &e.object {
            Object::Role(d) => Some((e.id, d)),
            _ => None,
        })
    }
    /// The role and all roles that it is a member of, by way of others too.
    pub fn role_closure(&self, role: u32) -> Vec<u32> {
        let mut out = vec![role];
        let mut at = 0;
        while at < out.len() {
            if let Some(d) = self.role_by_id(out[at]).filter(|d| at == 0 || !d.no_inherit) {
                for id in &d.member_of {
                    if !out.contains(id) {
                        out.push(*id);
                    }
                }
            }
            at += 1;
        }
        out
    }
}

impl Entry {
    /// Where it is named, and the name.
    fn place(&self) -> ((u32, u32), String) {
        match &self.object {
            Object::Database(d) => ((0, 0), d.name.clone()),
            Object::Schema(d) => ((d.database_id, 0), d.name.clone()),
            Object::Table(d) => ((d.database_id, d.schema_id), d.name.clone()),
            Object::Sequence(d) => ((d.database_id, d.schema_id), d.name.clone()),
            Object::Role(d) => ((0, reserved::NAMESPACE_ROLES), d.name.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(id: u32, name: &str, member_of: Vec<u32>) -> Descriptor {
        Descriptor::new(
            id,
            DescriptorKind::Role(RoleDescriptor { name: name.into(), member_of, ..Default::default() }),
        )
    }

    #[test]
    fn a_renamed_object_is_found_by_its_new_name_only() {
        let mut s = CatalogSnapshot::new(1, Timestamp::ZERO, [role(10, "root", vec![])]);
        s.put(role(10, "admin", vec![]));
        assert!(s.role("root").is_none());
        assert_eq!(s.role("admin").unwrap().0, 10);
        s.remove(10);
        assert!(s.role("admin").is_none());
    }

    #[test]
    fn membership_is_followed_through_circles() {
        let s = CatalogSnapshot::new(
            1,
            Timestamp::ZERO,
            [role(1, "a", vec![2]), role(2, "b", vec![3]), role(3, "c", vec![1])],
        );
        assert_eq!(s.role_closure(1), [1, 2, 3]);
    }
}
