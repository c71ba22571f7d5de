//! Recorded traffic.

/// Bytes in one direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// To the core.
    Sent(Vec<u8>),
    /// From the core.
    Received(Vec<u8>),
}

/// What went over a line, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trace {
    /// The events.
    pub events: Vec<Event>,
}

impl Trace {
    /// One line an event: `>` or `<` and hexadecimal digits.
    pub fn to_text(&self) -> String {
        let line = |event: &Event| {
            let (mark, bytes) = match event {
                Event::Sent(bytes) => ('>', bytes),
                Event::Received(bytes) => ('<', bytes),
            };
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{mark}{digits}\n")
        };
        self.events.iter().map(line).collect()
    }

    /// The trace of a text, or the number of the first line that is none.
    ///
    /// # Errors
    /// The line number, from 1.
    pub fn parse(text: &str) -> Result<Self, usize> {
        let event = |line: &str| {
            let (mark, digits) = line.split_at_checked(1)?;
            let pairs = digits.as_bytes().chunks(2);
            let bytes = pairs
                .map(|pair| match pair {
                    [high, low] => {
                        let digit = |c: &u8| char::from(*c).to_digit(16);
                        Some((digit(high)? << 4 | digit(low)?) as u8)
                    }
                    _ => None,
                })
                .collect::<Option<Vec<u8>>>()?;
            match mark {
                ">" => Some(Event::Sent(bytes)),
                "<" => Some(Event::Received(bytes)),
                _ => None,
            }
        };
        let lines = text.lines().enumerate();
        let events = lines
            .map(|(i, line)| event(line).ok_or(i + 1))
            .collect::<Result<_, _>>()?;
        Ok(Self { events })
    }
}
