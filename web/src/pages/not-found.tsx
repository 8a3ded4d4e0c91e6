// What is shown where no page is?
import { Link } from "@tanstack/react-router";
import { Alone } from "@/shell/frame";

export function NotFoundPage() {
  return (
    <Alone>
      <p>There is no page at this address.</p>
      <Link to="/" className="text-accent underline underline-offset-4">
        Go to Overview
      </Link>
    </Alone>
  );
}
