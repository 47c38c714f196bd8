package dev.unlearn.examples.docs;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.membership.MembershipAudit;
import dev.unlearn.spi.CausalLm;
import java.util.List;

final class MembershipSnippets {
  private MembershipSnippets() {}

  static List<Measurement> membership(
      CausalLm original, CausalLm unlearned, ForgetSet set, List<TokenSequence> unseen) {
    MembershipAudit audit =
        MembershipAudit.builder(set, MembershipAudit.nonMembersLike(unseen, set)).build();
    return audit.run(unlearned).since(audit.run(original)).measurements();
  }
}
