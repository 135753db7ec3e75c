/** The system tests ask vercmp the same questions. */
export const increasing: ReadonlyArray<readonly [older: string, newer: string]> = [
  // letters at the end are a pre-release, behind a separator they are not
  ["1.0a", "1.0b"],
  ["1.0alpha", "1.0beta"],
  ["1.0beta2", "1.0rc1"],
  ["1.0rc1", "1.0rc2"],
  ["1.0rc1", "1.0"],
  ["1.0", "1.0.rc1"],
  ["1.0.rc1", "1.0.0"],
  ["1.0.a", "1.0.1"],
  ["1.0Z", "1.0a"],
  ["a", ""],
  ["", "1"],
  // separators count, by the byte
  ["1.0.1", "1.0..1"],
  ["1.0..1", "1.0...a"],
  ["1.0", "1.0."],
  ["1.0.a", "1.0."],
  ["1.0.", "1.0.1"],
  ["1.0", ".1.0"],
  ["1.1", "1é1"],
  ["1é1", "1€1"],
  ["1€1", "1😀1"],
  // rpm's operators are separators
  ["1.0", "1.0~1"],
  ["1.0", "1.0^1"],
  ["1.0~1", "1.0^2"],
  ["1.0", "1.0~rc1"],
  // numbers, not digits
  ["1.9", "1.10"],
  ["1.09", "1.10"],
  ["1.0", "1.0.0"],
  ["18446744073709551615", "18446744073709551616"],
  ["1.9999999999999999999999", "1.10000000000000000000000"],
  // epochs: none is 0, and an epoch is digits or nothing
  ["999", "1:0"],
  ["0:9-9", "1:0-1"],
  ["9:1", "10:1"],
  ["x:2", "1:1"],
  // releases
  ["1.0-1", "1.0-2"],
  ["1.0-9", "1.0-10"],
  ["1.0-1", "1.0-1.1"],
  ["1.0-1rc1", "1.0-1"],
  ["1.0-", "1.0-1"],
  ["1.0-9", "1.1"],
  ["1-1-9", "1-2-1"],
  ["1-1", "1-a-1"],
  // from archives
  ["6.6.9.arch1-1", "6.6.10.arch1-1"],
  ["6.6.1.arch1-1", "6.6.1.arch1-2"],
  ["r99.abc1234-1", "r100.0ff1ce0-1"],
  ["2:1.2.3-1", "2:1.2.3.r4.gabc1234-1"],
  ["20240101.1-1", "20240203-1"],
  ["3.0.0beta1-1", "3.0.0-1"],
]

/** Pairs that vercmp holds for equal. */
export const same: ReadonlyArray<readonly [string, string]> = [
  // no release equals every release, although those differ
  ["1.0", "1.0-1"],
  ["1.0", "1.0-2"],
  ["1.0", "1.0-"],
  ["0:1.0", "1.0"],
  [":1.0", "1.0"],
  ["01:1.0", "1:1.0"],
  ["1.0+1", "1.0.1"],
  ["1.0~1", "1.0^1"],
  ["1.010", "1.10"],
  ["1.0.", "1.0_+"],
  ["1é1", "1..1"],
  ["1😀1", "1....1"],
]

export const real: ReadonlyArray<string> = [
  "6.6.10.arch1-1",
  "2:1.2.3.r4.gabc1234-1",
  "3.0.0beta1-1",
  "20240203-1.1",
  "1.0.rc1-2",
]

export const pieces: ReadonlyArray<string> = [
  ..."019aZ~^+_.-:é€😀",
  "00",
  "10",
  "..",
  ".a",
  "rc",
  "18446744073709551616",
]
