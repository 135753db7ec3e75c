/** What PatchCTL promises about its own cost. The benchmarks measure against these and fail beyond them. */
export const budgets = {
  /** HTTP of one beat with nothing to report, headers included, each way. */
  idleHeartbeatBytes: 1024,
  /** HTTP of a scan that found what the one before found, each way. */
  unchangedScanBytes: 1024,
  /** HTTP sent for the whole inventory of a host with 2,000 packages. */
  wholeInventoryBytes: 60 * 1024,
  /** At default intervals, without the children of package managers. */
  cpuSecondsPerDay: 60,
  /**
   * Less than a kilobyte a beat, all garbage collected: less than a message, a fiber or a session that is kept takes.
   * Good runs show up to 35, because V8 is never quite done with compiling.
   */
  heapSlopeKilobytesPer100Beats: 75,
  /**
   * 1 MB per 1,000 beats, or 3.5 days. This sees what the heap does not (TLS, zlib, SQLite), but coarsely: free memory
   * that malloc holds is used up first, and compiled code settles in steps of a few hundred kilobytes.
   */
  residentSlopeKilobytesPer100Beats: 100,
  /** Wall time of a scan against the bare programs it starts. */
  scanToItsChildren: 1.15,
  /** Wall time of a scan against one bare `apt-get -s dist-upgrade`. */
  scanToDistUpgrade: 2,
  /** Resident memory of the agent at the peak of a scan, above what it was before. */
  scanPeakKilobytesAboveIdle: 40 * 1024,
  /** 300 packages against a feed the size of AlmaLinux 9's. */
  correlation: { milliseconds: 20, kilobytesAboveIdle: 10 * 1024 },
  /** Ten times as much of everything. */
  largeCorrelation: { milliseconds: 150, kilobytesAboveIdle: 30 * 1024 },
  /** Processor time of the executable against a hello world of a bare Node. */
  versionToHelloWorld: 1.15,
  statusToHelloWorld: 2.5,
  executable: { bytes: 110_000_000, xzBytes: 28_000_000 },
  /**
   * Private: what it has written to. The goal was 58 and 17 MB; ADR 21 says where the rest goes. These keep it from growing.
   */
  idleDaemon: { residentKilobytes: 72 * 1024, privateKilobytes: 27 * 1024 },
} as const
