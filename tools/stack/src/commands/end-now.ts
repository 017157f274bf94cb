import { homeLayout } from '../layout.ts';
import { abandonHome } from '../start/open-home.ts';

/** What a second Ctrl-C means: whatever these homes started is killed, nothing is waited for, and this process ends. */
export function endNow(homes: readonly string[], exitCode: number): never {
  try {
    for (const home of homes) abandonHome(homeLayout(home));
  } finally {
    process.exit(exitCode);
  }
}
