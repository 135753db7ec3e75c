/** By hand after apk-package(5). The recordings in test/fixtures/version hold what apk itself says. */
export const increasing: ReadonlyArray<readonly [older: string, newer: string]> = [
  // what may follow a version, from older to newer
  ["1.0_alpha", "1.0_beta"],
  ["1.0_beta", "1.0_pre"],
  ["1.0_pre", "1.0_rc"],
  ["1.0_rc", "1.0_rc0"],
  ["1.0_rc9", "1.0_rc10"],
  ["1.0_rc9", "1.0"],
  ["1.0", "1.0-r0"],
  ["1.0-r9", "1.0~0"],
  ["1.0~abc", "1.0_cvs"],
  ["1.0_cvs", "1.0_svn"],
  ["1.0_svn", "1.0_git"],
  ["1.0_git", "1.0_hg"],
  ["1.0_hg", "1.0_p"],
  ["1.0_p", "1.0_p0"],
  ["1.0_p9", "1.0a"],
  ["1.0a", "1.0b"],
  ["1.0z", "1.0.0"],
  // suffixes follow one another
  ["1.0_p1_rc1", "1.0_p1"],
  ["1.0_p1", "1.0_p1_p"],
  ["1.0_p1_p", "1.0_p2"],
  ["1.0_alpha_pre", "1.0_alpha"],
  // numbers, not digits
  ["9", "10"],
  ["1.9", "1.10"],
  ["1-r9", "1-r10"],
  ["1.18446744073709551615", "1.18446744073709551616"],
  ["1-r18446744073709551615", "1-r18446744073709551616"],
  ["1_p9999999999999999999999", "1_p10000000000000000000000"],
  // unless a leading zero behind a dot makes them text
  ["1.09", "1.1"],
  ["1.010", "1.02"],
  ["1.0010", "1.010"],
  ["1.0", "1.00"],
  // hashes are text
  ["1.0~9", "1.0~a"],
  ["1.0~ab", "1.0~abc"],
  ["1.0~10", "1.0~9"],
  // revisions decide last
  ["1.0_rc1-r9", "1.0-r0"],
  ["1.0~abc-r0", "1.0~abc-r1"],
  ["1.0-r9", "1.1-r0"],
  // from archives
  ["1.2.4_git20230717-r4", "1.2.5-r0"],
  ["3.3.1-r3", "3.3.2-r0"],
  ["9.6_p1-r0", "9.7_p1-r4"],
  ["2024a-r1", "2024b-r0"],
  ["0_git20200628-r0", "0_git20230415-r0"],
  ["20240226-r0", "20240705-r0"],
  // what is no version is older where it goes wrong, but for pre-releases
  ["", "0"],
  ["v1", "0"],
  ["1.0!", "1.0"],
  ["1.0.", "1.0"],
  ["1.0a1", "1.0a"],
  ["1.0_foo", "1.0"],
  ["1.0-1", "1.0-r1"],
  ["1.0_rc1", "1.0!"],
  ["1.0!", "1.1!"],
]

/** Pairs that apk holds for equal. */
export const same: ReadonlyArray<readonly [string, string]> = [
  ["01.0", "1.0"],
  ["1.0-r1", "1.0-r01"],
  ["1.0_p1", "1.0_p001"],
  // both go wrong at the same place
  ["foo", ""],
  ["1.0!", "1.0-1"],
  ["1.0.", "1.0_foo"],
  ["1.0_P", "1.0_"],
  ["1.0~", "1.0~A"],
  ["1.0~a~b", "1.0~a!"],
  ["1.0-r1-r1", "1.0-r1~ab"],
]

export const real: ReadonlyArray<string> = [
  "1.2.4_git20230717-r4",
  "9.7_p1-r4",
  "2024b-r0",
  "3.0.0_rc1_p2-r1",
  "1.2.010~0ff1ce-r0",
]

export const pieces: ReadonlyArray<string> = [
  ..."019afz.-_~Aé",
  "00",
  "10",
  "_alpha",
  "_rc",
  "_git",
  "_p",
  "-r",
  "~ab",
  "18446744073709551616",
]
