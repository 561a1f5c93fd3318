/**
 * Tree heads: origin, size and root in the text of a signed note (C2SP tlog-checkpoint).
 *
 * Extension lines are refused: monitors cannot audit them, and a log of ours never writes one.
 */

import {badNote, readDecimal, readHash} from './spelling.js';

/** @typedef {{origin: string, size: bigint, root: Uint8Array}} Checkpoint so many entries, under this root */

const ORIGIN = /^[^\x00-\x1f]+$/;

/**
 * Reads the text of a note.
 * @param {string} text
 * @returns {Checkpoint}
 * @throws {import('./errors.js').Unreadable} BAD_NOTE, for anything but the three lines of a checkpoint
 */
export function checkpointFromText(text) {
  const lines = text.split('\n');
  if (lines.length !== 4 || lines[3] !== '' || !ORIGIN.test(lines[0])) {
    throw badNote('a checkpoint is three lines: origin, size, root');
  }
  return {origin: lines[0], size: readDecimal(lines[1]), root: readHash(lines[2])};
}
