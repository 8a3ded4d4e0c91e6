// Does every event open its reasons?
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { EventsCard } from "@/overview/events-card";
import { feedSays, screenOf } from "./screen";

describe("events", () => {
  it("opens a denial with every reason, its remedy and its figures, and gives focus back", async () => {
    screenOf(<EventsCard />);
    await feedSays();
    const item = within(screen.getByRole("list", { name: "Events" })).getByRole("button", {
      name: /Denied BUY 40 NVDA/,
    });
    await userEvent.click(item);
    const drawer = screen.getByRole("dialog", { name: "Denied BUY 40 NVDA" });
    expect(within(drawer).getByText("2 reasons")).toBeTruthy();
    expect(within(drawer).getByText("LOW_PRIORITY")).toBeTruthy();
    expect(within(drawer).getByText("Try again later.")).toBeTruthy();
    expect(drawer.textContent).toContain("fact 4,180 of the journal");
    expect(within(drawer).getByText("62.4")).toBeTruthy();
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("dialog")).toBeNull();
    await waitFor(() => expect(document.activeElement).toBe(item));
  });

  it("says what will appear where nothing is yet", async () => {
    screenOf(<EventsCard />);
    await feedSays((data) => {
      data.activity.items = [];
    });
    expect(screen.getByText(/The first decision or fill appears here/)).toBeTruthy();
  });
});
