//! Files as memory: the only unsafe code of this program.
#![expect(
    unsafe_code,
    reason = "the system may change mapped memory behind the compiler's back; see below"
)]

use std::fs::File;
use std::io;

use bytes::Bytes;
use memmap2::Mmap;

/// Maps a whole file, read-only. Pages are read when touched and belong to the system's cache: many provers on one machine share them,
/// and under pressure they are dropped, not swapped.
///
/// What is mapped should be a file that this program wrote, and should be checked against its checksum before it is used. Such files are
/// only ever replaced by renaming others over them, which leaves what is mapped as it was. Should someone else truncate the file
/// meanwhile, the system ends the process (SIGBUS) when it touches a page that is gone; should someone else overwrite it, the proof made
/// of it does not verify, which is noticed before it is written.
///
/// # Errors
/// What the system reports.
pub fn map(file: &File) -> io::Result<Bytes> {
    // SAFETY: the mapping is private to this process and read-only, and lives as long as any of the `Bytes`. That its bytes do not
    // change is not in our hands: this program never writes to a file in place (`files::write` renames), and who else does is
    // answered for above. Every bit pattern is a valid `u8`, and lengths are checked against the mapping, never read from it twice.
    let map = unsafe { Mmap::map(file)? };
    Ok(Bytes::from_owner(map))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaced_files_stay_as_they_were_mapped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        crate::files::write(&path, &[1; 10_000]).unwrap();
        let mapped = map(&File::open(&path).unwrap()).unwrap();
        crate::files::write(&path, &[2; 10]).unwrap();
        assert_eq!(*mapped, [1; 10_000]);
        assert_eq!(*map(&File::open(&path).unwrap()).unwrap(), [2; 10]);
        crate::files::write(&path, &[]).unwrap();
        assert!(map(&File::open(&path).unwrap()).unwrap().is_empty());
    }
}
