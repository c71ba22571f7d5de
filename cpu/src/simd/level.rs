//! Which instruction set the lanes run on, found at run time.

use std::sync::OnceLock;

/// The environment variable that forces an instruction set: `off`, `avx2` or `avx512`.
pub const LEVEL_VARIABLE: &str = "KERNELWISE_SIMD";

/// An instruction set of the lanes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Arkworks' scalar arithmetic.
    ///
    /// AVX2 is served by it too: AVX2 multiplies 32 bits at a time, and a 256-bit product from such pieces
    /// is slower than the 64-bit multiplier.
    Portable,
    /// Eight lanes of five 52-bit limbs with AVX-512 IFMA.
    Avx512,
}

/// Why [`LEVEL_VARIABLE`] cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LevelError {
    /// Not a known value.
    Unknown {
        /// What the variable holds.
        got: String,
    },
    /// The CPU lacks the instructions.
    Unavailable {
        /// What was asked for.
        asked: Level,
    },
}

impl std::fmt::Display for LevelError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { got } => {
                write!(
                    f,
                    "{LEVEL_VARIABLE}: expected off, avx2 or avx512, got {got:?}"
                )
            }
            Self::Unavailable { asked } => {
                write!(f, "{LEVEL_VARIABLE}: this CPU does not offer {asked:?}")
            }
        }
    }
}

impl std::error::Error for LevelError {}

impl Level {
    /// The fastest level of this CPU.
    pub fn detect() -> Self {
        if avx512_is_available() {
            Self::Avx512
        } else {
            Self::Portable
        }
    }

    /// The level that a value of [`LEVEL_VARIABLE`] asks for, or the detected one if there is none.
    ///
    /// # Errors
    /// [`LevelError::Unknown`] for any other value; [`LevelError::Unavailable`] if the CPU lacks the instructions.
    pub fn parse(value: Option<&str>) -> Result<Self, LevelError> {
        match value {
            None | Some("") => Ok(Self::detect()),
            Some("off" | "avx2") => Ok(Self::Portable),
            Some("avx512") if avx512_is_available() => Ok(Self::Avx512),
            Some("avx512") => Err(LevelError::Unavailable {
                asked: Self::Avx512,
            }),
            Some(got) => Err(LevelError::Unknown {
                got: got.to_owned(),
            }),
        }
    }

    /// The level that the environment asks for.
    ///
    /// # Errors
    /// As [`parse`](Level::parse).
    pub fn from_env() -> Result<Self, LevelError> {
        let value = std::env::var_os(LEVEL_VARIABLE);
        Self::parse(
            value
                .map(|value| value.to_string_lossy().into_owned())
                .as_deref(),
        )
    }

    /// The level of this process, decided once.
    ///
    /// A value of [`LEVEL_VARIABLE`] that cannot be followed is reported on standard error once, and the
    /// detected level is used.
    pub fn active() -> Self {
        static ACTIVE: OnceLock<Level> = OnceLock::new();
        *ACTIVE.get_or_init(|| {
            Self::from_env().unwrap_or_else(|error| {
                let level = Self::detect();
                eprintln!("warning: {error}; using {level:?}");
                level
            })
        })
    }
}

#[cfg(target_arch = "x86_64")]
fn avx512_is_available() -> bool {
    super::Avx512::detect().is_some()
}

#[cfg(not(target_arch = "x86_64"))]
fn avx512_is_available() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_values_are_errors() {
        assert_eq!(
            Level::parse(Some("fast")),
            Err(LevelError::Unknown {
                got: "fast".to_owned()
            })
        );
    }

    #[test]
    fn off_and_avx2_are_portable() {
        assert_eq!(Level::parse(Some("off")), Ok(Level::Portable));
        assert_eq!(Level::parse(Some("avx2")), Ok(Level::Portable));
    }

    #[test]
    fn absence_detects() {
        assert_eq!(Level::parse(None), Ok(Level::detect()));
    }
}
