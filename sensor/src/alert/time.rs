//! Points in time as alerts print them: RFC 3339, UTC, always with nanoseconds.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

const NANOSECONDS: u64 = 1_000_000_000;
const DAY: u64 = 86_400;

/// A point in time: nanoseconds since 1970-01-01T00:00:00Z. Good until the year 2554.
///
/// The text form has a fixed width, so that texts sort as times do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(u64);

impl Time {
    /// From nanoseconds since the Unix epoch.
    #[must_use]
    pub fn from_nanoseconds(nanoseconds: u64) -> Self {
        Time(nanoseconds)
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub fn nanoseconds(self) -> u64 {
        self.0
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn milliseconds(self) -> u64 {
        self.0 / 1_000_000
    }
}

impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0 / NANOSECONDS;
        let (year, month, day) = date(seconds / DAY);
        let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
        let fraction = self.0 % NANOSECONDS;
        write!(
            formatter,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z"
        )
    }
}

/// Year, month and day of a day since the epoch, in the proleptic Gregorian calendar.
///
/// Years are counted from March, so that the leap day is the last of its year, and in eras of 400
/// years, which all have the same length.
fn date(days_since_epoch: u64) -> (u64, u64, u64) {
    let days = days_since_epoch + 719_468; // from 0000-03-01
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

/// Days since the epoch of a date; the inverse of [`date`].
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let year = year.checked_sub(u64::from(month <= 2))?;
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day.checked_sub(1)?;
    let (era, year_of_era) = (year / 400, year % 400);
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).checked_sub(719_468)
}

/// The text is not a time of the form `2026-01-31T23:59:59.123456789Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotATime;

impl fmt::Display for NotATime {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("not a time of the form 2026-01-31T23:59:59.123456789Z")
    }
}

impl std::error::Error for NotATime {}

impl FromStr for Time {
    type Err = NotATime;

    fn from_str(text: &str) -> Result<Self, NotATime> {
        let number = |from: usize, to: usize| -> Option<u64> {
            let digits = text.get(from..to)?;
            digits
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(())?;
            digits.parse().ok()
        };
        let time = || -> Option<Time> {
            let days = days(number(0, 4)?, number(5, 7)?, number(8, 10)?)?;
            let of_day = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
            let seconds = (days * DAY + of_day).checked_mul(NANOSECONDS)?;
            seconds.checked_add(number(20, 29)?).map(Time)
        };
        let parsed = time().ok_or(NotATime)?;
        // Printing it again checks ranges, separators and length at once.
        if parsed.to_string() == text {
            Ok(parsed)
        } else {
            Err(NotATime)
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl schemars::JsonSchema for Time {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$",
            "description": "RFC 3339, UTC, with nanoseconds.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(nanoseconds: u64, text: &str) {
        let time = Time::from_nanoseconds(nanoseconds);
        assert_eq!(time.to_string(), text);
        assert_eq!(text.parse(), Ok(time));
    }

    #[test]
    fn known_times() {
        check(0, "1970-01-01T00:00:00.000000000Z");
        check(951_782_400 * NANOSECONDS, "2000-02-29T00:00:00.000000000Z");
        check(
            1_709_251_199 * NANOSECONDS + 1,
            "2024-02-29T23:59:59.000000001Z",
        );
        check(
            1_735_689_600 * NANOSECONDS - 1,
            "2024-12-31T23:59:59.999999999Z",
        );
        check(
            4_107_542_400 * NANOSECONDS,
            "2100-03-01T00:00:00.000000000Z",
        );
        check(u64::MAX, "2554-07-21T23:34:33.709551615Z");
    }

    #[test]
    fn refuses_what_is_not_a_time() {
        for text in [
            "",
            "2024-02-30T00:00:00.000000000Z",
            "2023-02-29T00:00:00.000000000Z",
            "2024-00-01T00:00:00.000000000Z",
            "2024-01-00T00:00:00.000000000Z",
            "2024-01-01T24:00:00.000000000Z",
            "2024-01-01T00:00:00Z",
            "2024-01-01T00:00:00.000000000+01",
            "9999-01-01T00:00:00.000000000Z",
            "2024-01-01T00:00:00.000000000Z ",
            "+024-01-01T00:00:00.000000000Z",
        ] {
            assert_eq!(text.parse::<Time>(), Err(NotATime), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_time_survives_its_text(nanoseconds: u64) {
            let time = Time::from_nanoseconds(nanoseconds);
            assert_eq!(time.to_string().parse(), Ok(time));
        }

        #[test]
        fn any_text_is_harmless(text: String) {
            let _ = text.parse::<Time>();
        }
    }
}
