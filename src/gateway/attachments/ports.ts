import type { AccessQuery, Decision } from '../access/decide.js';

/** What attachments need to know about access: the one decision, and when to ask it again. */
export interface AccessPort {
  decide(query: AccessQuery): Decision;
  /** Told of changes and of expiry alike. @returns how to stop listening. */
  onChange(listener: () => void): () => void;
}
