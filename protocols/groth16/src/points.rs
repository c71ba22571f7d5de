//! Points of a key: in memory, or where they are read when they are needed.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use crate::error::Groth16ProveError;

/// Bytes of points read at a time: a sum of so many is nearly as fast per point as a longer one.
const PART_BYTES: usize = 1 << 22;

/// Points that can be read in parts.
pub(crate) trait PointSource<P: Clone>: Send + Sync {
    /// Number of points.
    fn len(&self) -> usize;

    /// The points in `range`, which lies inside.
    fn read(&self, range: Range<usize>) -> Result<Cow<'_, [P]>, Groth16ProveError>;

    /// All of them, if they are in memory.
    fn borrowed(&self) -> Option<&[P]> {
        None
    }
}

impl<P: Clone + Send + Sync> PointSource<P> for Vec<P> {
    fn len(&self) -> usize {
        self.len()
    }

    fn read(&self, range: Range<usize>) -> Result<Cow<'_, [P]>, Groth16ProveError> {
        Ok(Cow::Borrowed(&self[range]))
    }

    fn borrowed(&self) -> Option<&[P]> {
        Some(self)
    }
}

/// Points of one kind, shared by everyone who has the key.
#[derive(Clone)]
pub(crate) struct Points<P>(Arc<dyn PointSource<P>>);

impl<P> std::fmt::Debug for Points<P>
where
    P: Clone,
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Points")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

impl<P: Clone> Points<P> {
    pub(crate) fn new(source: impl PointSource<P> + 'static) -> Self {
        Self(Arc::new(source))
    }

    /// Number of points.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them, if they are in memory.
    pub(crate) fn borrowed(&self) -> Option<&[P]> {
        self.0.borrowed()
    }

    /// The points in `range`, which lies inside.
    pub(crate) fn read(&self, range: Range<usize>) -> Result<Cow<'_, [P]>, Groth16ProveError> {
        self.0.read(range)
    }

    /// Ranges of a few megabytes that cover all points.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Range<usize>> + use<P> {
        let (len, part) = (self.len(), PART_BYTES / size_of::<P>());
        (0..len)
            .step_by(part)
            .map(move |first| first..len.min(first + part))
    }

    /// All points, in memory.
    pub(crate) fn all(&self) -> Result<Vec<P>, Groth16ProveError> {
        let mut all = Vec::with_capacity(self.len());
        for part in self.parts() {
            all.extend_from_slice(&self.read(part)?);
        }
        Ok(all)
    }
}
