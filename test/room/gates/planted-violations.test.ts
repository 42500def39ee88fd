import { relative } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { PlantedProject, plantedFiles, rulesThatCatch } from '../../helpers/planted-project.js';

/** A gate's complaint: which file, and by which rule. */
interface Finding {
  readonly path: string;
  readonly rule: string;
}

interface GateTrial {
  /** The folder of planted files. */
  readonly project: string;
  readonly gate: string;
  readonly extraArguments: readonly string[];
  readonly parse: (output: string, root: string) => Finding[];
}

const TRIALS: readonly GateTrial[] = [
  { project: 'format', gate: 'format', extraArguments: ['--reporter=github'], parse: parseBiome },
  { project: 'types', gate: 'types', extraArguments: [], parse: parseTsc },
  { project: 'types-of-scripts', gate: 'types', extraArguments: [], parse: parseTsc },
  { project: 'lint', gate: 'lint', extraArguments: ['--format=json'], parse: parseEslint },
  { project: 'rooms', gate: 'rooms', extraArguments: [], parse: parseDepcruise },
  { project: 'loading', gate: 'rooms', extraArguments: [], parse: parseDepcruise },
  { project: 'unused', gate: 'unused', extraArguments: ['--reporter=json'], parse: parseKnip },
];

for (const trial of TRIALS) {
  const planted = plantedFiles(trial.project);

  describe(`the ${trial.gate} gate in the planted project ${trial.project}`, () => {
    let findings: Finding[] = [];

    beforeAll(async () => {
      await using project = await PlantedProject.create(trial.project);
      const output = await project.runGate(trial.gate, trial.extraArguments);
      findings = trial.parse(output, project.root);
    }, 60_000);

    it.each(planted)('says about %s what its first line says', async (path) => {
      const rules = findings.filter((finding) => finding.path === path).map(({ rule }) => rule);
      expect([...new Set(rules)].sort()).toEqual(await rulesThatCatch(trial.project, path));
    });

    it('complains about nothing else', () => {
      expect(findings.filter(({ path }) => !planted.includes(path))).toEqual([]);
    });
  });
}

function parseBiome(output: string, root: string): Finding[] {
  const lines = output.matchAll(/^::error title=([^,]+),file=([^,]+)/gm);
  return [...lines].map(([, rule = '', path = '']) => ({ path: relative(root, path), rule }));
}

function parseTsc(output: string): Finding[] {
  const lines = output.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+):/gm);
  return [...lines].map(([, path = '', rule = '']) => ({ path, rule }));
}

function parseDepcruise(output: string): Finding[] {
  const lines = output.matchAll(/^ +error ([\w-]+): (\S+)/gm);
  return [...lines].map(([, rule = '', path = '']) => ({ path, rule }));
}

function parseEslint(output: string, root: string): Finding[] {
  const files = JSON.parse(output) as {
    filePath: string;
    messages: { ruleId: string | null }[];
  }[];
  return files.flatMap((file) =>
    file.messages.map(({ ruleId }) => ({
      path: relative(root, file.filePath),
      rule: ruleId ?? 'unused-disable-directive',
    })),
  );
}

function parseKnip(output: string): Finding[] {
  const { issues } = JSON.parse(output) as {
    issues: ({ file: string } & Record<string, unknown>)[];
  };
  return issues.flatMap(({ file, ...kinds }) =>
    Object.entries(kinds)
      .filter(([, found]) => Array.isArray(found) && found.length > 0)
      .map(([rule]) => ({ path: file, rule })),
  );
}
