package dev.unlearn.eval.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class AuditTest {
  @Test
  void builder_ofASet() {
    TokenSequence sequence = TokenSequence.of(1, 2);
    Audit audit =
        Audit.builder(ForgetSet.of(sequence.withName("letter 12").withDomain("mail"), sequence))
            .title("an audit")
            .createdAt(Instant.EPOCH)
            .build();
    assertThat(audit.sequenceNames()).containsExactly("letter 12", "#1");
    assertThat(audit.sequenceDomains()).containsExactly("mail", "");
  }
}
