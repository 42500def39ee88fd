import { fileURLToPath } from 'node:url';

/** The checkout or package that this program is part of. */
export const PACKAGE_ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Where the gateway answers the local program; relative to the runtime directory. */
export const CONTROL_SOCKET = 'control.sock';
/** Where the host answers the gateway; relative to the runtime directory. */
export const LINK_SOCKET = 'link.sock';
