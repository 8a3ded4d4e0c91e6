// Where is, on a phone, what the side menu and the top bar hold elsewhere?
import { LogOut } from "lucide-react";
import { useSession } from "@/api/queries";
import { useStatus } from "@/feed/hooks";
import { useAccount } from "@/state/account";
import { show } from "@/state/screen";
import { Button } from "@/ui/button";
import { Modal } from "@/ui/modal";
import { AccountBox } from "./account-box";
import { useCommands } from "./actions";
import { HealthList } from "./health-box";
import { LATER, LEDGER, PERFORMANCE, POSITIONS, SETTINGS } from "./pages";
import { ReplayControl } from "./replay-control";

const SHOWN = /^(?:Hide|Show|Colours|Sign out)/;

export function More() {
  const { account } = useAccount();
  const health = useStatus((status) => status.health);
  const clock = useStatus((status) => status.clock);
  const mode = useStatus((status) => status.risk_mode);
  const version = useSession()?.version ?? "";
  const commands = useCommands().filter(({ label }) => SHOWN.test(label));
  const later = [LEDGER, POSITIONS, PERFORMANCE, SETTINGS].map(({ name }) => name).join(", ");
  return (
    <Modal title="More" place="right" onClose={() => show("none")}>
      <div className="flex flex-col gap-4">
        <AccountBox />
        <div className="flex flex-wrap items-center gap-x-3 text-label text-text-3">
          <span>
            <span className="font-medium text-text">{clock?.text}</span> {clock?.note}
          </span>
          <span>
            Mode <span className="font-medium text-text">{mode}</span>
          </span>
          <ReplayControl />
        </div>
        {health && <HealthList items={health} />}
        <div className="flex flex-col gap-2">
          {commands.map((command) => (
            <Button
              key={command.label}
              onClick={() => {
                show("none");
                command.run();
              }}
            >
              {command.label === "Sign out" && <LogOut aria-hidden size={16} strokeWidth={1.75} />}
              {command.label}
            </Button>
          ))}
        </div>
        <p className="text-label text-text-3">
          {later}: {LATER.replace("arrives", "arrive")}. {account.name}, Counterpoise {version}
        </p>
      </div>
    </Modal>
  );
}
