//! The pictures of the documentation, each from a fresh simulation.
//!
//! A latency that a picture shows is found in its trace and asserted to be what the block's interface states.

mod arithmetic;
mod line;
mod run;
mod session;

use std::path::{Path, PathBuf};

use session::Session;

/// A picture.
pub struct Picture {
    /// File name without extension.
    pub name: &'static str,
    /// The text of the file.
    pub svg: String,
}

impl Picture {
    /// Where it is committed.
    pub fn path(&self) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("doc/waves");
        folder.join(self.name).with_extension("svg")
    }
}

/// All pictures, by name of their file.
///
/// # Panics
/// If a block does not do what its documentation says.
pub fn all() -> Vec<Picture> {
    let session = Session::record();
    vec![
        arithmetic::multiplier(),
        arithmetic::element(),
        arithmetic::adder(),
        arithmetic::memory(),
        arithmetic::recoder(),
        line::byte(&session),
        line::exchange(&session),
        line::request(&session),
        run::job(&session),
        run::frame(&session),
        run::scoreboard(&session),
    ]
}
