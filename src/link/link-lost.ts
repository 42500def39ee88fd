import { UnavailableError } from '../base/errors.js';

/** The host cannot be reached, or was lost before it had answered; it is tried again all the time. */
export class LinkLostError extends UnavailableError {
  override name = 'LinkLostError';

  constructor(options: { readonly cause?: unknown; readonly hint?: string } = {}) {
    super('the host that runs the sessions cannot be reached', {
      hint: 'start it with: triad host',
      ...options,
      userMessage: 'the sessions cannot be reached at the moment, try again soon',
    });
  }
}
