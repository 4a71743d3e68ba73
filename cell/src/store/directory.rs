//! A store's directory: one process at a time, one format, and whether the last stop was clean.
//!
//! ```text
//! DIR/LOCK     held with flock while open; holds the process id of the holder
//! DIR/FORMAT   "meridian state 1"
//! DIR/CLEAN    there only between a clean stop and the next open
//! DIR/data/    the engine's own files
//! ```

use crate::seam::StoreError;
use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
};

/// An open directory; the lock goes with it.
pub(crate) struct Directory {
    path: PathBuf,
    _lock: File,
    was_clean: bool,
}

fn io(what: &str, path: &Path, e: &std::io::Error) -> StoreError {
    StoreError::Io(format!("{what} {}: {e}", path.display()))
}

/// Makes the entries of a directory durable.
pub(crate) fn sync_directory(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|d| d.sync_all()).map_err(|e| io("cannot sync directory", path, &e))
}

impl Directory {
    /// Opens `path` (made if it is missing) for the store named `what` in format `format`.
    ///
    /// # Errors
    /// `Refused` if another process holds it, or it is of another kind or format.
    pub(crate) fn open(path: &Path, what: &str, format: u32) -> Result<Directory, StoreError> {
        fs::create_dir_all(path).map_err(|e| io("cannot make directory", path, &e))?;
        let lock = Self::lock(path)?;
        Self::check_format(path, what, format)?;
        let marker = path.join("CLEAN");
        let was_clean = match fs::remove_file(&marker) {
            Ok(()) => true,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => false,
            Err(e) => return Err(io("cannot remove", &marker, &e)),
        };
        let directory = Directory { path: path.to_owned(), _lock: lock, was_clean };
        let data = directory.data();
        fs::create_dir_all(&data).map_err(|e| io("cannot make directory", &data, &e))?;
        sync_directory(path)?;
        Ok(directory)
    }

    fn lock(dir: &Path) -> Result<File, StoreError> {
        let path = dir.join("LOCK");
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|e| io("cannot open", &path, &e))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let by = match file.read_to_string(&mut pid) {
                    Ok(_) if !pid.trim().is_empty() => format!("process {}", pid.trim()),
                    _ => "another process".to_owned(),
                };
                return Err(StoreError::Refused(format!("{} is in use by {by}", dir.display())));
            }
            Err(TryLockError::Error(e)) => return Err(io("cannot lock", &path, &e)),
        }
        let written = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(|e| io("cannot write", &path, &e))?;
        Ok(file)
    }

    fn check_format(dir: &Path, what: &str, format: u32) -> Result<(), StoreError> {
        let path = dir.join("FORMAT");
        let refuse = |text: String| Err(StoreError::Refused(format!("{}: {text}", dir.display())));
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let data = dir.join("data");
                if data.exists() {
                    return refuse(format!(
                        "there is data but no FORMAT file; not a {what} store of Meridian"
                    ));
                }
                let new = dir.join("FORMAT.new");
                let written = File::create(&new).and_then(|mut f| {
                    writeln!(f, "meridian {what} {format}")?;
                    f.sync_all()
                });
                written.and_then(|()| fs::rename(&new, &path)).map_err(|e| io("cannot write", &path, &e))?;
                return sync_directory(dir);
            }
            Err(e) => return Err(io("cannot read", &path, &e)),
        };
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), words.next().map(str::parse::<u32>)) {
            (Some("meridian"), Some(kind), Some(Ok(found))) if kind == what => {
                if found == format {
                    return Ok(());
                }
                refuse(format!("store format {found}, this build reads {format}"))
            }
            _ => refuse(format!("FORMAT says {:?}, not a {what} store of Meridian", text.trim())),
        }
    }

    /// Where the engine's own files are.
    pub(crate) fn data(&self) -> PathBuf {
        self.path.join("data")
    }
    /// Whether the last process closed it after it had made everything durable.
    pub(crate) fn was_clean(&self) -> bool {
        self.was_clean
    }
    /// Says that everything is durable; only when no write can follow.
    pub(crate) fn mark_clean(&self) -> Result<(), StoreError> {
        let path = self.path.join("CLEAN");
        File::create(&path).and_then(|f| f.sync_all()).map_err(|e| io("cannot write", &path, &e))?;
        sync_directory(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(r: Result<Directory, StoreError>) -> String {
        match r {
            Err(StoreError::Refused(text)) => text,
            Err(e) => panic!("{e}"),
            Ok(_) => panic!("was not refused"),
        }
    }

    #[test]
    fn a_second_opener_is_refused_with_the_holders_process_id() {
        let dir = tempfile::tempdir().unwrap();
        let held = Directory::open(dir.path(), "state", 1).unwrap();
        let text = refusal(Directory::open(dir.path(), "state", 1));
        assert!(text.contains(&format!("in use by process {}", std::process::id())), "{text}");
        drop(held);
        Directory::open(dir.path(), "state", 1).unwrap();
    }

    #[test]
    fn another_format_or_kind_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        drop(Directory::open(dir.path(), "state", 7).unwrap());
        let text = refusal(Directory::open(dir.path(), "state", 1));
        assert!(text.contains("store format 7, this build reads 1"), "{text}");
        assert!(refusal(Directory::open(dir.path(), "log", 7)).contains("not a log store"));
    }

    #[test]
    fn a_stop_is_clean_only_if_it_was_marked_since_the_last_open() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Directory::open(dir.path(), "state", 1).unwrap();
        assert!(!open().was_clean());
        open().mark_clean().unwrap();
        assert!(open().was_clean());
        assert!(!open().was_clean());
    }
}
