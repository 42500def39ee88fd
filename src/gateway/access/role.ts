/** What an engineer may do in a session, from least to most; each includes the ones before it. */
export const ROLES = ['observer', 'driver', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** Whether `role` includes everything `needed` allows. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

export function isRole(text: string): text is Role {
  return (ROLES as readonly string[]).includes(text);
}
