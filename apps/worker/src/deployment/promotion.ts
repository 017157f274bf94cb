import type { DeploymentState } from '@holdfast/agent-runtime/deployments';
import type { BuildRow } from '@holdfast/persistence';

/**
 * Who decides which build takes new runs. `auto`: a build that was never active before takes over as soon as its worker runs; where the build of new
 * runs has no worker any more another one stands in for it until it has one again. `manual`: an operator (`npm run deployments`); only where no build
 * takes runs yet, the first one does.
 */
export type DeployPolicy = 'auto' | 'manual';

/**
 * What a worker does about its build: `wait` means to ask again soon, the server does not know the build's workers yet. With `standsInFor` it takes the
 * place of a build that has no worker, and gives it back.
 */
export type PromotionVerdict =
  | { readonly kind: 'promote'; readonly why: string; readonly standsInFor?: string }
  | { readonly kind: 'wait' }
  | { readonly kind: 'keep'; readonly why: string };

/**
 * Decides for a build whose worker runs.
 * @param state undefined before any worker has polled
 */
export function promotionVerdict(
  ownBuild: string,
  policy: DeployPolicy,
  state: DeploymentState | undefined,
  builds: readonly BuildRow[],
): PromotionVerdict {
  const own = state?.versions.find(({ buildId }) => buildId === ownBuild);
  if (state === undefined || own === undefined) return { kind: 'wait' };
  const known = builds.find(({ buildId }) => buildId === ownBuild);
  if (state.current === ownBuild) return { kind: 'keep', why: 'it takes new runs' };
  if (known !== undefined && known.withdrawn !== null) return { kind: 'keep', why: `it was taken back: ${known.withdrawn}` };
  if (state.current === undefined) return { kind: 'promote', why: 'no build takes runs yet' };
  if (policy === 'manual') return { kind: 'keep', why: 'HOLDFAST_DEPLOY=manual: npm run deployments -- promote' };
  const current = builds.find(({ buildId }) => buildId === state.current);
  if (state.standsInFor === ownBuild) return { kind: 'promote', why: 'it has a worker again' };
  if ((current?.workers ?? 0) === 0) {
    return { kind: 'promote', why: 'the build of new runs has no worker any more', standsInFor: state.standsInFor ?? state.current };
  }
  // A worker of an older build that comes back after a crash, or one that an operator replaced, must not take over again.
  if (!own.wasActive && known !== undefined && current !== undefined && known.firstSeenAt > current.firstSeenAt) {
    return { kind: 'promote', why: 'it is newer' };
  }
  return { kind: 'keep', why: 'another build takes new runs' };
}
