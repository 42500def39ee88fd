import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** What a process holds, to be compared before and after. */
export interface Census {
  /** Open descriptors by kind: `socket`, `/dev/ptmx`, a path. */
  readonly descriptors: Readonly<Record<string, number>>;
  readonly children: number;
  readonly threads: number;
}

export function censusOf(pid: number): Census {
  const descriptors: Record<string, number> = {};
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const kind = descriptorKind(pid, fd);
    if (kind !== undefined) descriptors[kind] = (descriptors[kind] ?? 0) + 1;
  }
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean);
  const threads = readdirSync(`/proc/${pid}/task`).length;
  return { descriptors, children: children.length, threads };
}

function descriptorKind(pid: number, fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[.*/, '').replace(/\d+$/, '');
  } catch {
    // It was closed since the directory was read.
    return undefined;
  }
}
