// Which colours does a canvas need? The tokens as the browser resolved them, since a canvas reads no variables.

export interface ChartColours {
  readonly surface: string;
  readonly line: string;
  readonly strong: string;
  readonly text: string;
  readonly text2: string;
  readonly text3: string;
  readonly accent: string;
  readonly solid: string;
  readonly gain: string;
  readonly loss: string;
  faded(colour: string, opacity: number): string;
}

export function chartColours(): ChartColours {
  const probe = document.createElement("span");
  document.body.append(probe);
  const read = (token: string): string => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const colours: ChartColours = {
    surface: read("--surface"),
    line: read("--line"),
    strong: read("--line-strong"),
    text: read("--text"),
    text2: read("--text-2"),
    text3: read("--text-3"),
    accent: read("--accent"),
    solid: read("--accent-solid"),
    gain: read("--gain"),
    loss: read("--loss"),
    faded: (colour, opacity) =>
      colour.replace(
        /^rgba?\(([^)]+)\)$/,
        (_, parts: string) => `rgba(${parts.split(",").slice(0, 3).join(",")}, ${opacity})`,
      ),
  };
  probe.remove();
  return colours;
}
