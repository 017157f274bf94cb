import type { Settings } from '../settings.ts';
/** placeholder */
export async function testCommand(settings: Settings, flags: { only: string | undefined }): Promise<number> { void settings; void flags; return 1; }
