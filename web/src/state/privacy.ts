// Is money hidden from whoever looks over the shoulder? Shares and percentages stay.
import { choice, useChoice } from "@/lib/choice";

export const privacy = choice<"off" | "on">("counterpoise.privacy", ["off", "on"], "off");

export const usePrivacy = (): boolean => useChoice(privacy) === "on";

export function switchPrivacy(): void {
  privacy.set(privacy.get() === "on" ? "off" : "on");
}
