import type { TenantContext } from '@holdfast/tenant-context';
import { compileGlobs, type Matcher } from './glob';

/** A rule of the operator. Every field that is given must match; in each list one match is enough; `*` stands for any characters. */
export interface Grant {
  readonly effect: 'allow' | 'deny';
  /** `<server>/<tool>` with the server's own name of the tool. */
  readonly tools: readonly string[];
  /** Tenant ids; default all. */
  readonly tenants?: readonly string[] | undefined;
  /** Default all. */
  readonly principals?: readonly string[] | undefined;
  /** One role of the caller must match; default: any caller, also one without roles. */
  readonly roles?: readonly string[] | undefined;
}

/** A {@link Grant} made fast. */
export interface CompiledGrant {
  readonly effect: 'allow' | 'deny';
  matches(ctx: TenantContext, tool: string): boolean;
}

/** What may be decided about; both names are the catalogue's. */
export interface ToolIdentity {
  readonly server: string;
  readonly tool: string;
}

/** The answer, with the number of the rule that gave it. */
export type Decision =
  | { readonly allowed: true; readonly rule: number }
  | { readonly allowed: false; readonly rule: number | undefined; readonly reason: 'denied' | 'not-granted' };

/** Prepares the operator's rules once. */
export function compileGrants(grants: readonly Grant[]): readonly CompiledGrant[] {
  return grants.map(({ effect, tools, tenants, principals, roles }) => {
    const tool = compileGlobs(tools);
    const tenant = optional(tenants);
    const principal = optional(principals);
    const role = roles === undefined ? undefined : compileGlobs(roles);
    return {
      effect,
      matches: (ctx, name) =>
        tool(name) && tenant(ctx.tenantId) && principal(ctx.principalId) && (role === undefined || ctx.roles.some(role)),
    };
  });
}

/** The one decision, for listing and for calling: a matching deny overrides every allow; without a matching allow the answer is no. */
export function decide(ctx: TenantContext, tool: ToolIdentity, grants: readonly CompiledGrant[]): Decision {
  const name = `${tool.server}/${tool.tool}`;
  let allowedBy: number | undefined;
  for (const [rule, grant] of grants.entries()) {
    if (!grant.matches(ctx, name)) continue;
    if (grant.effect === 'deny') return { allowed: false, rule, reason: 'denied' };
    allowedBy ??= rule;
  }
  return allowedBy === undefined ? { allowed: false, rule: undefined, reason: 'not-granted' } : { allowed: true, rule: allowedBy };
}

function optional(patterns: readonly string[] | undefined): Matcher {
  return patterns === undefined ? () => true : compileGlobs(patterns);
}
