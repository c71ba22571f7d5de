//! The program, run as users run it, at tiny sizes.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::path::Path;
use std::process::{Command, Output};

use kernelwise_bench::render::json;

fn bench(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kernelwise-bench"))
        .args(arguments)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

const TINY: [&str; 5] = ["primitives", "--log-sizes", "4,5", "--samples", "2"];

fn tiny(arguments: &[&str]) -> Output {
    bench(&[&TINY, arguments].concat())
}

#[test]
fn json_on_standard_output_and_progress_on_standard_error() {
    let run = tiny(&["--ops", "msm,contract", "--threads", "1,2", "--json"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let report = json::decode(text(&run.stdout)).unwrap();
    assert!(report.records.iter().all(|record| record.verified));
    assert!(report.records.iter().any(|record| record.threads == 2));
    let device = report.records.iter().find(|record| record.device == "cpu");
    let device = device.unwrap();
    assert!(device.ratio.unwrap() > 0.0 && device.counters.points > 0);
    assert_eq!(device.samples_ns.len(), 2);
    assert!(text(&run.stderr).contains("msm fr 2^4"));
}

#[test]
fn tables_csv_and_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("report.html");
    let page_text = page.to_str().unwrap();
    let run = tiny(&["--ops", "sumcheck", "--kinds", "i8-fr", "--html", page_text]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains("vs cpu-reference"));
    assert!(std::fs::read_to_string(&page).unwrap().contains("<svg"));
    let run = tiny(&["--ops", "sumcheck", "--kinds", "i8-fr", "--csv"]);
    assert!(text(&run.stdout).starts_with("schema,"));
    assert_eq!(text(&run.stdout).lines().count(), 1 + 2 * 3);
}

#[test]
fn a_report_compared_with_itself_shows_no_change() {
    let folder = tempfile::tempdir().unwrap();
    let run = tiny(&["--ops", "contract", "--kinds", "i8-rows", "--json"]);
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let old = write("old.json", text(&run.stdout));
    let same = bench(&["compare", &old, &old]);
    assert_eq!(same.status.code(), Some(0), "{}", text(&same.stderr));
    assert!(text(&same.stdout).contains("same"));
    // A hundred times slower is beyond any noise of two samples.
    let mut report = json::decode(text(&run.stdout)).unwrap();
    for record in &mut report.records {
        record.spread_ns = 0.0;
        if record.ratio.is_some() {
            record.median_ns *= 100.0;
            record.ratio = record.ratio.map(|ratio| ratio / 100.0);
        }
    }
    let new = write("new.json", &json::encode(&report).unwrap());
    let mut quiet = json::decode(text(&run.stdout)).unwrap();
    quiet
        .records
        .iter_mut()
        .for_each(|record| record.spread_ns = 0.0);
    let old = write("quiet.json", &json::encode(&quiet).unwrap());
    assert_eq!(bench(&["compare", &old, &new]).status.code(), Some(1));
    let lenient = bench(&["compare", &old, &new, "--threshold", "100000"]);
    assert_eq!(lenient.status.code(), Some(0));
}

#[test]
fn wrong_usage_is_status_two() {
    for arguments in [
        &["primitives", "--ops", "nonsense"][..],
        &["primitives", "--log-sizes", "20..12"],
        &["primitives", "--ops", "msm", "--kinds", "nonsense"],
        &["primitives", "--ops", "msm", "--devices", "nonsense"],
        &["models", "--models", "no/such/folder"],
        &["compare", "no-such.json", "no-such.json"],
        &[],
    ] {
        let run = bench(arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(
            !run.stderr.is_empty() && run.stdout.is_empty(),
            "{arguments:?}"
        );
    }
}

#[test]
fn transforms_agree_with_the_reference() {
    let run = tiny(&["--ops", "ntt", "--json"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let report = json::decode(text(&run.stdout)).unwrap();
    let device = report
        .records
        .iter()
        .filter(|record| record.device == "cpu");
    assert!(device.clone().count() > 1);
    for record in device {
        assert!(record.verified && record.counters.field_products > 0);
    }
}

#[test]
fn help_has_examples() {
    for arguments in [
        &["--help"][..],
        &["primitives", "--help"],
        &["models", "--help"],
        &["compare", "--help"],
    ] {
        let run = bench(arguments);
        assert_eq!(run.status.code(), Some(0));
        assert!(text(&run.stdout).contains("Example"), "{arguments:?}");
    }
}

#[test]
fn a_small_model_is_proved_and_verified() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/digits");
    let models = models.to_str().unwrap();
    let run = bench(&[
        "models",
        "--models",
        models,
        "--only",
        "mlp",
        "--samples",
        "1",
        "--json",
    ]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let report = json::decode(text(&run.stdout)).unwrap();
    let record = report.records.first().unwrap();
    assert_eq!(record.workload, "prove/mlp");
    assert!(record.verified && record.proof_bytes > Some(0) && record.phases.len() >= 4);
    assert!(record.counters.points > 0 && record.counters.macs > 0);
}

#[test]
fn groth16_contenders_have_processes_of_their_own() {
    let run = bench(&["groth16", "--log-sizes", "4", "--samples", "2", "--json"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let report = json::decode(text(&run.stdout)).unwrap();
    let devices: Vec<&str> = report.records.iter().map(|r| r.device.as_str()).collect();
    assert_eq!(devices, ["ark-0.6", "cpu", "cpu-streamed"]);
    assert!(report.records.iter().all(|record| record.verified));
    assert!(report.records[1..].iter().all(|r| r.ratio.unwrap() > 0.0));
    let run = bench(&["groth16", "--log-sizes", "2"]);
    assert_eq!(run.status.code(), Some(2));
}
