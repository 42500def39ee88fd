import { type NativeBinary, openNativeBinary } from './native-binary.js';

export type KeeperBinary = NativeBinary;

/** The keeper of the last build if it is newer than its source, else one compiled for the caller. */
export function openKeeperBinary(): KeeperBinary {
  return openNativeBinary('triad/keeper');
}
