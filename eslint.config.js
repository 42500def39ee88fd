import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

const NO_SHELL = {
  importNames: ['exec', 'execSync'],
  message: 'No shell strings: execFile or spawn with an argument array.',
};
const ENVIRONMENT = {
  object: 'process',
  property: 'env',
  message: 'Only src/config reads the environment.',
};
const EXIT = {
  object: 'process',
  property: 'exit',
  message: 'Set process.exitCode and let the event loop drain.',
};
const DEFAULT_EXPORT = {
  selector: 'ExportDefaultDeclaration',
  message: 'Named exports only.',
};
const PRIVATE_KEYWORD = {
  selector:
    ':matches(PropertyDefinition, MethodDefinition[kind!="constructor"])[accessibility="private"]',
  message: 'Private state is #field.',
};
// ssh2's verify() may return an Error, which is truthy; signature.ts alone knows how to read it.
const VERIFY = {
  selector: 'CallExpression > MemberExpression.callee[property.name="verify"]',
  message: 'Only gateway/ssh/signature.ts verifies signatures.',
};

// Node.js tells a start that failed in three ways; one of them ended the host.
const SPAWN = {
  importNames: ['exec', 'execSync', 'spawn', 'fork'],
  message: 'Programs are started by base/child-process.ts, or asked by execFile; no shell strings.',
};

const RESTRICTED = [
  { name: 'node:child_process', ...NO_SHELL },
  { name: 'child_process', ...NO_SHELL },
  { name: 'node:process', message: 'Use the global process, whose use is checked.' },
  { name: 'process', message: 'Use the global process, whose use is checked.' },
];

/** Rules for all code, whatever it is written in. @type {import('eslint').Linter.RulesRecord} */
const SHAPE = {
  'no-console': 'error',
  eqeqeq: 'error',
  curly: ['error', 'multi-line'],
  complexity: ['error', 12],
  'max-params': ['error', 4],
  'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
  'no-restricted-imports': ['error', { paths: RESTRICTED }],
};

export default defineConfig(
  { ignores: ['**/dist/', 'state/'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      ...SHAPE,
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // As the compiler's noUnusedParameters has it.
      '@typescript-eslint/no-unused-vars': [
        'error',
        // A name declared by `using` may be there for its disposal alone.
        { argsIgnorePattern: '^_', ignoreUsingDeclarations: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      // An import of types alone must vanish from what is loaded.
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      // A method without await is async to reject where it would throw.
      '@typescript-eslint/require-await': 'off',
      'no-restricted-properties': ['error', ENVIRONMENT, EXIT],
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, PRIVATE_KEYWORD, VERIFY],
    },
  },
  {
    files: ['src/**'],
    ignores: ['src/base/child-process.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'node:child_process', ...SPAWN }, ...RESTRICTED.slice(1)] },
      ],
    },
  },
  {
    files: ['src/gateway/ssh/signature.ts'],
    rules: { 'no-restricted-syntax': ['error', DEFAULT_EXPORT, PRIVATE_KEYWORD] },
  },
  // A stop ends at its deadline, whatever hangs and keeps the event loop from draining.
  {
    files: ['src/cli/process-end.ts'],
    rules: { 'no-restricted-properties': ['error', ENVIRONMENT] },
  },
  { files: ['src/config/**'], rules: { 'no-restricted-properties': ['error', EXIT] } },
  {
    files: ['test/**'],
    rules: {
      'max-lines-per-function': 'off',
      'no-console': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', DEFAULT_EXPORT, PRIVATE_KEYWORD],
    },
  },
  // Programs of their own: nobody hands them their environment, and their output is for people.
  {
    files: ['examples/**'],
    rules: { 'no-console': 'off', 'no-restricted-properties': ['error', EXIT] },
  },
  {
    files: ['*.config.ts'],
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', PRIVATE_KEYWORD],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.strict],
    rules: { ...SHAPE, 'no-restricted-properties': ['error', EXIT] },
  },
  { files: ['**/*.cjs'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
