import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import ts from 'typescript-eslint';

const testFiles = ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', '**/test/**/*.ts'];

/** May be reached from layers; the tables are style.md §3.3. `rt:` says where code may run, `layer:` how high it stands. */
const boundaries = [
  { sourceTag: 'layer:contracts', onlyDependOnLibsWithTags: ['layer:contracts'] },
  { sourceTag: 'layer:kit', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:kit', 'layer:testing'] },
  { sourceTag: 'layer:core', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:kit', 'layer:core'] },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:kit', 'layer:testing'] },
  { sourceTag: 'layer:testing', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:testing'] },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: ['layer:contracts', 'layer:kit', 'layer:core', 'layer:adapter', 'layer:testing', 'layer:tool'],
  },
  { sourceTag: 'layer:tool', onlyDependOnLibsWithTags: ['layer:contracts', 'layer:kit', 'layer:core', 'layer:adapter', 'layer:testing', 'layer:tool'] },
  { sourceTag: 'rt:any', onlyDependOnLibsWithTags: ['rt:any'] },
  { sourceTag: 'rt:sandbox', onlyDependOnLibsWithTags: ['rt:any', 'rt:sandbox'] },
  { sourceTag: 'rt:node', onlyDependOnLibsWithTags: ['rt:any', 'rt:sandbox', 'rt:node'] },
  // The packages each layer may use; fast-check is for specs.
  { sourceTag: 'layer:contracts', allowedExternalImports: ['zod', 'tslib', 'fast-check'] },
  {
    sourceTag: 'layer:core',
    bannedExternalImports: ['@nestjs/*', '@prisma/*', 'ioredis', 'bullmq', '@nats-io/*', 'pg', '@langchain/openai', '@modelcontextprotocol/*'],
  },
];

/** A package that only one project may import, so that there is one place to change when it changes. */
const owned = (pattern, owner) => ({ regex: pattern, message: `Only ${owner} imports this package.` });
const ownedPackages = {
  prisma: owned('^(@prisma/|pg$)', 'libs/persistence'),
  nats: owned('^@nats-io/', 'libs/event-bus'),
  mcp: owned('^@modelcontextprotocol/(client|server|core|sdk)', 'libs/mcp-adapters'),
};
const notIn = (...allowed) => Object.entries(ownedPackages).filter(([name]) => !allowed.includes(name)).map(([, rule]) => rule);
const testingOnly = { regex: '^@holdfast/(testing|[a-z-]+/testing)$', message: 'Test helpers belong in test files.' };
const deepImport = { regex: '^@holdfast/[a-z-]+/src/', message: 'Import through the public face of the project.' };
const restricted = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns: [deepImport, ...patterns] }] });

export default [
  { ignores: ['**/dist', '**/dist.building', '**/coverage', '**/reports', '**/src/generated', '.nx', '.holdfast*', 'node_modules', '**/histories/**'] },
  js.configs.recommended,
  ...ts.configs.recommended,
  {
    languageOptions: {
      globals: Object.fromEntries(
        ['process', 'console', 'URL', 'WebAssembly', 'crypto', 'Buffer', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'fetch', 'AbortSignal', 'AbortController', 'TextDecoder', 'TextEncoder', 'performance'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
    rules: {
      'max-lines': ['error', { max: 500 }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true, named: true, defaultFrom: true, namedFrom: true, namespaceFrom: true } }],
    },
  },
  { files: ['**/*.config.{mjs,ts}', '**/jest.preset.mjs', '**/*.config.ts'], rules: { 'no-restricted-exports': 'off' } },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' } },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    files: ['{apps,libs,tools}/**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, checkDynamicDependenciesExceptions: ['.*'], allow: [], depConstraints: boundaries }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { arguments: false, properties: false } }],
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      ...restricted(...notIn(), testingOnly),
    },
  },
  { files: ['libs/persistence/**/*.ts'], rules: restricted(...notIn('prisma'), testingOnly) },
  { files: ['libs/event-bus/**/*.ts'], rules: restricted(...notIn('nats'), testingOnly) },
  { files: ['libs/mcp-adapters/**/*.ts'], rules: restricted(...notIn('mcp'), testingOnly) },
  // Tests and the tools that run servers look at servers with their own eyes, not through our adapters.
  { files: [...testFiles, 'apps/e2e/**/*.ts', 'tools/**/*.ts'], rules: { ...restricted(), 'max-lines': ['error', { max: 800 }] } },
  {
    // One reader of the environment per app; libraries take options.
    files: ['apps/*/src/**/*.ts', 'libs/*/src/**/*.ts'],
    ignores: ['apps/*/src/config.ts', 'apps/*/src/main.ts', 'libs/nest-kit/src/**', 'libs/testing/src/**', 'libs/rpc/src/proto.ts', '**/*.spec.ts'],
    rules: {
      'no-restricted-properties': ['error', { object: 'process', property: 'env', message: 'Read the environment in config.ts only.' }],
    },
  },
  {
    // What runs inside a Temporal workflow sees only what the sandbox gives.
    files: ['libs/agent-runtime/src/{workflow,graph,api}/**/*.ts', 'libs/graph-definitions/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      ...restricted(
        { regex: '^(node:|@temporalio/(worker|client|activity))', message: 'Not in the workflow sandbox.' },
        { regex: '/(worker|client|deployments|replay)(/|$)', message: 'Node code: not in the workflow sandbox.' },
        ...notIn(),
      ),
      'no-restricted-globals': ['error', 'process', 'fetch', 'setInterval', 'Buffer', 'require'],
    },
  },
];
