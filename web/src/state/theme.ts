// Dark or light? The system's choice until the reader makes one.
import { choice } from "@/lib/choice";

export type Theme = "system" | "dark" | "light";

export const theme = choice<Theme>("counterpoise.theme", ["system", "dark", "light"], "system");

function apply(): void {
  const value = theme.get();
  if (value === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = value;
}

const darkSystem = "(prefers-color-scheme: dark)";

export function shownTheme(): "dark" | "light" {
  const value = theme.get();
  if (value !== "system") return value;
  return window.matchMedia?.(darkSystem).matches ? "dark" : "light";
}

/** The key and the button turn what is seen into its opposite. */
export function switchTheme(): void {
  theme.set(shownTheme() === "dark" ? "light" : "dark");
}

/** Tells when the colours on the screen change, by choice or by the system. */
export function onColours(listener: () => void): () => void {
  const system = window.matchMedia?.(darkSystem);
  const leave = theme.subscribe(listener);
  system?.addEventListener("change", listener);
  return () => {
    leave();
    system?.removeEventListener("change", listener);
  };
}

theme.subscribe(apply);
apply();
