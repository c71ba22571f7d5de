//! Reports as text: aligned tables, JSON, CSV, and one self-contained page.

pub mod csv;
pub mod html;
pub mod json;
pub mod plot;
pub mod table;
pub mod units;
