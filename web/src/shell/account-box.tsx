// Whose book is on the screen? The account, its venue and money; a menu where there are several.
import { Check, ChevronDown } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { Account } from "@/api/types";
import { cx } from "@/lib/cx";
import { useMedia } from "@/lib/media";
import { useAccount } from "@/state/account";
import { Hint } from "@/ui/hint";
import { Menu, MenuItem } from "@/ui/menu";
import { COLLAPSED } from "./side";

const BOX = "flex min-w-0 items-center gap-2 rounded-control border border-line bg-canvas px-2.5 py-1.5 text-left";

export const describe = (account: Account): string =>
  [account.venue, account.kind.toLowerCase(), account.base_currency].filter(Boolean).join(" · ");

export function AccountBox() {
  const { account, accounts, choose } = useAccount();
  const collapsed = useMedia(COLLAPSED);
  const words = collapsed ? (
    <Hint side="right" text={`${account.name}: ${describe(account)}`}>
      <span className="mx-auto font-semibold text-form text-text">
        <span aria-hidden>{account.name.slice(0, 1).toUpperCase()}</span>
        <span className="sr-only">
          Account {account.name}, {describe(account)}
        </span>
      </span>
    </Hint>
  ) : (
    <span className="min-w-0 flex-1">
      <span className="block break-words font-semibold text-body text-text">{account.name}</span>
      <span className="block text-age text-text-3">{describe(account)}</span>
    </span>
  );
  if (accounts.length < 2) return <div className={cx(BOX, collapsed && "px-1")}>{words}</div>;
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        className={cx(BOX, "hover:bg-raised", collapsed && "px-1")}
        aria-label={`Account ${account.name}`}
      >
        {words}
        {!collapsed && <ChevronDown aria-hidden size={14} className="text-text-3" />}
      </DropdownMenu.Trigger>
      <Menu>
        {accounts.map((item) => (
          <MenuItem key={item.id} onSelect={() => choose(item)}>
            <span className="flex-1">
              {item.name} <span className="text-text-3">{describe(item)}</span>
            </span>
            {item.id === account.id && <Check aria-label="shown now" size={14} />}
          </MenuItem>
        ))}
      </Menu>
    </DropdownMenu.Root>
  );
}
