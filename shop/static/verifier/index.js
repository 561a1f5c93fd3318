/**
 * The front door: checks records and labels in a browser or in node, without a server and without a network.
 *
 *     const roots = await parseRoots(rootsFile);
 *     const trust = await openTrustList(trustFile, roots);
 *     const verdict = await verifyLabel(text, {trust, evidence: {records, passports, serials}, at: new Date()});
 *     verdict.outcome === Outcome.VERIFIED
 *
 * Nothing here draws, fetches or stores. It finds what `traceability/verify.py` finds, check by check; a test
 * compares the two. Needs WebCrypto, so a page must come by https, from localhost or from a file.
 */

export {setEd25519Fallback} from './ed25519.js';
export {NotVerified, Reason, Refused, TraceabilityError, Unreadable, Unsupported} from './errors.js';
export {Reader} from './evidence.js';
export {openTrustList} from './policy.js';
export {parseRoots, rootsFingerprint} from './roots.js';
export {CheckStatus, Outcome, Verdict, verdictToJson} from './verdict.js';
export {verifyLabel, verifyRecord} from './verify.js';
