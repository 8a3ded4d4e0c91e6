// Which sign stands for which kind of event? Its title says the same in words.
import {
  Activity,
  ArrowLeftRight,
  ArrowRight,
  Ban,
  CalendarDays,
  Check,
  CircleDollarSign,
  CircleHelp,
  Clock3,
  DoorOpen,
  ListRestart,
  type LucideIcon,
  OctagonAlert,
  PencilLine,
  Power,
  RefreshCw,
  ShieldCheck,
  SlidersHorizontal,
  Split,
  TriangleAlert,
  Undo2,
  X,
} from "lucide-react";

const ICONS: Record<string, LucideIcon> = {
  agree: RefreshCw,
  drift: Activity,
  denied: X,
  approved: Check,
  filled: ArrowRight,
  rejected: Ban,
  unknown: CircleHelp,
  cancelled: Undo2,
  expired: Clock3,
  mode: ShieldCheck,
  state: Power,
  run: ListRestart,
  transfer: ArrowLeftRight,
  break: TriangleAlert,
  limits: SlidersHorizontal,
  opened: DoorOpen,
  day: CalendarDays,
  cash: CircleDollarSign,
  amended: PencilLine,
  corporate: Split,
};

/** A severity outranks the kind. */
export function iconOf(kind: string, severity: string | null): LucideIcon {
  if (severity === "CRITICAL") return OctagonAlert;
  if (severity === "WARNING") return TriangleAlert;
  return ICONS[kind] ?? Activity;
}
