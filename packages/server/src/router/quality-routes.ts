import type { CommandType, QualityScope } from "@throughline/protocol";
import { CodedError } from "../base/coded-error.ts";
import type { Quality } from "../quality/quality.ts";
import type { Asker, DirectRoute } from "./route.ts";

const owner = "router/quality-routes";
/** What concerns everybody in the tenant; users do not have it by default. */
export const tenantPermission = "quality.tenant";

/** Commands about the quality of answers. What they say of a tenant names nobody in it. */
export function qualityRoutes(quality: Quality): readonly DirectRoute[] {
  return [
    route("quality.validate", "quality.validate", (_asker, data) => ({ verdict: quality.validate(data) })),
    route("quality.metrics", "quality.read", (asker, { scope, agent, windowHours }) =>
      quality.metrics(asker.identity, { scope: scopeFor(asker, scope, "quality.metrics"), agent, windowHours }),
    ),
    route("quality.report", "quality.read", (asker, { scope, period }) =>
      quality.report(asker.identity, scopeFor(asker, scope, "quality.report"), period),
    ),
    route("quality.subscribe", "quality.alerts", (asker, { scope }) =>
      quality.subscribe(asker.identity, scopeFor(asker, scope, "quality.subscribe")),
    ),
    // Whoever has lost the permission may still leave.
    route("quality.unsubscribe", "quality.alerts", (asker, { scope }) =>
      quality.unsubscribe(asker.identity, scope ?? "user"),
    ),
    route("quality.acknowledge", "quality.alerts", (asker, { alertId }) =>
      quality.changeAlert(asker.identity, asker.may(tenantPermission), alertId, "acknowledged"),
    ),
    route("quality.resolve", "quality.alerts", (asker, { alertId }) =>
      quality.changeAlert(asker.identity, asker.may(tenantPermission), alertId, "resolved"),
    ),
  ];
}

function route<Type extends CommandType>(
  type: Type,
  permission: string,
  answer: DirectRoute<Type>["answer"],
): DirectRoute {
  return { type, owner, permission, answer } as DirectRoute<Type> as unknown as DirectRoute;
}

function scopeFor(asker: Asker, scope: QualityScope = "user", type: CommandType): QualityScope {
  if (scope === "tenant" && !asker.may(tenantPermission)) {
    throw new CodedError("forbidden", `unable to ${type}; permission ${tenantPermission} is not granted`);
  }
  return scope;
}
