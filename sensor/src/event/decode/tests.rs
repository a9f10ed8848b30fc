use super::*;

#[test]
fn empty_bytes_are_truncated() {
    assert_eq!(decode(&[]), Err(DecodeError::Truncated));
}
