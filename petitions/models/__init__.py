from petitions.models.attempts import Attempt
from petitions.models.audit import AuditChain, AuditEvent
from petitions.models.deliveries import Delivery
from petitions.models.demands import Demand
from petitions.models.handovers import HandOver
from petitions.models.heartbeats import Heartbeat
from petitions.models.installations import Installation
from petitions.models.invalidations import Condition, Invalidation
from petitions.models.invitations import Invitation, Sheet
from petitions.models.jobs import Job
from petitions.models.leases import Lease
from petitions.models.letters import Letter
from petitions.models.memberships import Membership
from petitions.models.milestones import Milestone
from petitions.models.mismatches import Mismatch
from petitions.models.optouts import OptOut
from petitions.models.organizers import OrganizerInvitation
from petitions.models.papers import Paper, PaperSignature
from petitions.models.proofs import Challenge, Mark, Proof
from petitions.models.publickeys import PublicKey
from petitions.models.purges import Purge
from petitions.models.recipients import Recipient
from petitions.models.reports import Report
from petitions.models.responses import Publication, Response, ResponseDraft
from petitions.models.signatures import Signature
from petitions.models.snapshots import Snapshot
from petitions.models.takedowns import Takedown, TakedownReason
from petitions.models.tallies import Day, Grown, Invalid, Tally
from petitions.models.updates import Subscription, Update
from petitions.models.uptimes import Uptime
from petitions.models.versions import Version
from petitions.models.waiting import WaitingSignature
from petitions.models.words import Appear
from petitions.models.workplaces import Domain, Workplace

__all__ = [
    "Appear",
    "Attempt",
    "AuditChain",
    "AuditEvent",
    "Challenge",
    "Condition",
    "Day",
    "Delivery",
    "Demand",
    "Domain",
    "Grown",
    "HandOver",
    "Heartbeat",
    "Installation",
    "Invalid",
    "Invalidation",
    "Invitation",
    "Job",
    "Lease",
    "Letter",
    "Mark",
    "Membership",
    "Milestone",
    "Mismatch",
    "OptOut",
    "OrganizerInvitation",
    "Paper",
    "PaperSignature",
    "Proof",
    "PublicKey",
    "Publication",
    "Purge",
    "Recipient",
    "Report",
    "Response",
    "ResponseDraft",
    "Sheet",
    "Signature",
    "Snapshot",
    "Subscription",
    "Takedown",
    "TakedownReason",
    "Tally",
    "Update",
    "Uptime",
    "Version",
    "WaitingSignature",
    "Workplace",
]
