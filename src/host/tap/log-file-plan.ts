/** An optional copy of a pane's output on disk. */
export interface LogFilePlan {
  /** `text`: lines without escape sequences; `raw`: every byte. */
  readonly format: 'text' | 'raw';
  /** A file that grows beyond this is rotated. */
  readonly maxBytes: number;
  /** So is one that is older. */
  readonly maxAgeMs: number;
  /** Old files that are kept. */
  readonly keep: number;
  /** Whether old files are compressed. */
  readonly gzip: boolean;
}
