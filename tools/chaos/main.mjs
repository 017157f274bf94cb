// Uses libraries of the workspace, which are TypeScript with extensionless imports: swc-node resolves them.
import '@swc-node/register/esm-register';

const { main } = await import('./src/main.ts');
process.exit(await main(process.argv.slice(2)));
