/** Something outside a process that it needs while it lives, a file or another process, and that others can take away. */
export interface Part {
  /** For people: `socket of the pane door`. */
  readonly name: string;
  /** What is wrong with it, for people; undefined while it is as it should be. Asked every second. */
  findFault(): string | undefined;
  /** What becomes of it then; `made again` where nothing is said. */
  readonly remedy?: string;
  /** Makes it what it should be, at the same place. @throws what says why that cannot be done. */
  makeAgain(): Promise<void>;
}
