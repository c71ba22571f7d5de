//! Continuous assignments for signals that a block decides once.
//!
//! rust-hdl writes the logic of a block as one `always @(*)`, every signal of which a simulator keeps from one clock edge to the next. A signal with one
//! value, or with one value and one exception, becomes an `assign` here: to synthesis that is the same, and Verilator computes the value where
//! it is used. Like rust-hdl's own simulator, and unlike statements in order, an assignment reads what signals have in the end.

use std::collections::HashMap;

const BEGIN: &str = "    always @(*) begin";
const END: &str = "    end";
/// Indentation of the statements between them.
const OUTER: &str = "        ";
const INNER: &str = "            ";

/// A signal and what it is set to.
type Statement<'a> = (&'a str, &'a str);

/// The lines of a module, with assignments before what remains of its `always @(*)`.
pub(crate) fn assign(lines: &[&str]) -> Vec<String> {
    let begin = lines.iter().position(|line| *line == BEGIN);
    let end = lines.iter().rposition(|line| *line == END);
    let (Some(begin), Some(end)) = (begin, end) else {
        return lines.iter().map(|line| (*line).to_owned()).collect();
    };
    let (decided, rest) = decide(&lines[begin + 1..end]);
    let declared = lines[..begin].iter().map(|line| declare(line, &decided));
    let mut out: Vec<String> = declared.collect();
    out.extend(
        decided
            .iter()
            .map(|(name, value)| format!("    assign {name} = {value};")),
    );
    if !rest.is_empty() {
        out.push(BEGIN.to_owned());
        out.extend(rest.into_iter().map(str::to_owned));
        out.push(END.to_owned());
    }
    out.extend(lines[end + 1..].iter().map(|line| (*line).to_owned()));
    out
}

/// What has an assignment of its own is a wire.
fn declare(line: &str, decided: &[(&str, String)]) -> String {
    let name = line
        .strip_suffix(';')
        .and_then(|line| line.rsplit(' ').next());
    let is_wire = decided.iter().any(|(wire, _)| Some(*wire) == name);
    if is_wire {
        line.replacen("reg ", "wire ", 1)
    } else {
        line.to_owned()
    }
}

/// The values of signals that the statements of `body` decide once, and the other statements.
fn decide<'a>(body: &[&'a str]) -> (Vec<(&'a str, String)>, Vec<&'a str>) {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for line in body {
        if let Some((target, _)) = line.trim_start().split_once(" = ") {
            let name = target.split('[').next().unwrap_or(target);
            *times.entry(name).or_default() += 1;
        }
    }
    let once = |name: &str, number| times.get(name) == Some(&number);

    let mut usual: HashMap<&str, &str> = HashMap::new();
    let mut decided = Vec::new();
    let mut rest = Vec::new();
    let mut at = 0;
    while at < body.len() {
        if let Some((condition, exceptions)) = exception(&body[at..]) {
            let inner = &body[at + 1..at + 1 + exceptions.len()];
            let mut left = Vec::new();
            for ((name, value), line) in exceptions.iter().zip(inner) {
                match usual.get(*name) {
                    Some(usual) if !widens(value) && !widens(usual) => {
                        decided.push((*name, format!("({condition}) ? ({value}) : ({usual})")));
                    }
                    _ => left.push(*line),
                }
            }
            if !left.is_empty() {
                rest.push(body[at]);
                rest.extend(left);
                rest.push(body[at + 1 + exceptions.len()]);
            }
            at += exceptions.len() + 2;
            continue;
        }
        match statement(body[at], OUTER) {
            Some((name, value)) if once(name, 1) => decided.push((name, value.to_owned())),
            Some((name, value)) if once(name, 2) => {
                usual.insert(name, value);
                rest.push(body[at]);
            }
            _ => rest.push(body[at]),
        }
        at += 1;
    }
    // The usual values of signals with an exception are in their assignments.
    let is_decided = |name: &str| decided.iter().any(|(other, _)| *other == name);
    rest.retain(|line| !statement(line, OUTER).is_some_and(|(name, _)| is_decided(name)));
    (decided, rest)
}

/// `name = value;` of a whole signal.
fn statement<'a>(line: &'a str, indentation: &str) -> Option<Statement<'a>> {
    let text = line.strip_prefix(indentation)?.strip_suffix(';')?;
    let (name, value) = text.split_once(" = ")?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '$');
    name.chars().all(is_name).then_some((name, value))
}

/// The condition and the statements of an `if` that `lines` begin with, if it has no `else` and nothing in it but statements.
fn exception<'a>(lines: &[&'a str]) -> Option<(&'a str, Vec<Statement<'a>>)> {
    let condition = lines.first()?.strip_prefix(OUTER)?;
    let condition = condition.strip_prefix("if (")?.strip_suffix(") begin")?;
    let inner = &lines[1..];
    let statements: Vec<_> = inner
        .iter()
        .map_while(|line| statement(line, INNER))
        .collect();
    let after = &inner[statements.len()..];
    let ends = after.first()?.strip_prefix(OUTER)? == "end";
    let other = after
        .get(1)
        .is_some_and(|line| line.trim_start().starts_with("else"));
    (ends && !other).then_some((condition, statements))
}

/// Whether a wider neighbour in the same expression could change `value`: a shift to the right brings back bits that an operation carried out of its width.
fn widens(value: &str) -> bool {
    value.contains(">>")
        && ["+", "-", "~", "<<"]
            .iter()
            .any(|carry| value.contains(carry))
}

#[cfg(test)]
mod tests {
    use super::assign;

    /// What becomes of a module's update, with `reg  [7:0] x;` before it.
    fn update(body: &[&str]) -> Vec<String> {
        let lines = ["    reg  [7:0] x;", "    always @(*) begin"];
        assign(&[&lines, body, &["    end"]].concat())
    }

    #[test]
    fn one_value_is_an_assignment() {
        let update = update(&["        x = a + b;"]);
        assert_eq!(update, ["    wire  [7:0] x;", "    assign x = a + b;"]);
    }

    #[test]
    fn a_value_with_an_exception_is_an_assignment() {
        let update = update(&[
            "        x = x$q;",
            "        if (c) begin",
            "            x = a;",
            "            y = b;",
            "        end",
        ]);
        let expected = [
            "    wire  [7:0] x;",
            "    assign x = (c) ? (a) : (x$q);",
            "    always @(*) begin",
            "        if (c) begin",
            "            y = b;",
            "        end",
            "    end",
        ];
        assert_eq!(update, expected);
    }

    #[test]
    fn other_decisions_stay() {
        let stays = |body: &[&str]| {
            let update = update(body);
            assert_eq!(update[2..update.len() - 1], *body);
        };
        // The last value wins, whatever came before.
        stays(&[
            "        if (c) begin",
            "            x = a;",
            "        end",
            "        x = b;",
        ]);
        stays(&["        x = a;", "        x = b;"]);
        stays(&[
            "        x = a;",
            "        if (c) begin",
            "            x = b;",
            "        end",
            "        else begin",
            "            y = b;",
            "        end",
        ]);
        stays(&["        x[3] = a;"]);
        // Beside a wider value, the carry of the sum would come back.
        stays(&[
            "        x = (a + b) >> 32'h1;",
            "        if (c) begin",
            "            x = 64'h1;",
            "        end",
        ]);
    }
}
