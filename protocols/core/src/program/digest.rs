//! Digests of programs and keys.

use serde::{Deserialize, Serialize};
use sha3::{Digest as _, Sha3_256};

/// A SHA3-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes` under a domain `tag`.
    pub fn of(tag: &str, bytes: &[u8]) -> Self {
        let mut hasher = Sha3_256::new();
        hasher.update((tag.len() as u64).to_le_bytes());
        hasher.update(tag.as_bytes());
        hasher.update(bytes);
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Digest({self})")
    }
}
