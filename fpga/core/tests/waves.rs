//! The pictures of the documentation are what the blocks do.

use std::collections::BTreeSet;

use kernelwise_fpga_core::waves;

#[test]
fn committed_pictures_are_up_to_date() {
    let pictures = waves::all();
    for picture in &pictures {
        let path = picture.path();
        let committed = std::fs::read_to_string(&path).unwrap();
        assert!(
            committed == picture.svg,
            "{} is stale: cargo run waves",
            path.display()
        );
        assert!(picture.svg.len() < 20_000, "{} is large", path.display());
    }
    let drawn: BTreeSet<_> = pictures.iter().map(waves::Picture::path).collect();
    let folder = pictures[0].path().parent().unwrap().read_dir().unwrap();
    let committed: BTreeSet<_> = folder.map(|file| file.unwrap().path()).collect();
    assert_eq!(committed, drawn, "files of doc/waves");
}
