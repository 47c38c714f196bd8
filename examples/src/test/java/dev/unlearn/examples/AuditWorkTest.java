package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.audit.AttackResult;
import dev.unlearn.eval.audit.Audit;
import dev.unlearn.eval.audit.Measurement;
import dev.unlearn.eval.audit.Side;
import dev.unlearn.eval.report.AuditReport;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class AuditWorkTest {
  /**
   * Of a model that knows nothing: it is measured and attacked in every way, and nothing is found.
   */
  @Test
  void audit_ofAModelThatKnowsNothing(@TempDir Path folder) throws IOException {
    SyntheticText text = new SyntheticText(3);
    AuditArguments arguments =
        AuditArguments.parse(
            new String[] {
              "--model",
              "m",
              "--forget",
              "f",
              "--unseen",
              "u",
              "--out",
              "o",
              "--order",
              "3",
              "--samples",
              "2",
              "--relearning",
              "1",
              "--unlearned",
              "n"
            });
    try (TrainableCausalLm model = SmallModel.create(3)) {
      List<TokenSequence> records = model.tokenizer().sequences(text.records(4));
      List<TokenSequence> forget =
          IntStream.range(0, 4)
              .mapToObj(i -> records.get(i).withDomain(i < 2 ? "even" : "odd"))
              .toList();
      List<TokenSequence> unseen = model.tokenizer().sequences(text.records(8));

      Audit audit =
          new AuditWork(arguments, ForgetSet.of(forget), unseen)
              .audit(model, Optional.of(model), Optional.empty());

      assertThat(audit.sequenceNames()).containsExactly("#0", "#1", "#2", "#3");
      assertThat(audit.sequenceDomains()).containsExactly("even", "even", "odd", "odd");
      assertThat(audit.measurements())
          .filteredOn(row -> row.side() == Side.PRIVACY && row.key().equals("el_3"))
          .extracting(Measurement::domain)
          .containsExactly(Optional.empty(), Optional.of("even"), Optional.of("odd"));
      // The same model before and after.
      assertThat(audit.measurements())
          .filteredOn(row -> row.key().equals("ma"))
          .allSatisfy(row -> assertThat(row.change().orElseThrow().value()).isZero());
      assertThat(audit.attacks())
          .extracting(AttackResult::attack)
          .hasSize(7)
          .contains("after_true_tokens_lcs", "later_starts_lcs", "relearning");
      assertThat(audit.digests().get("model.before")).isEqualTo(audit.digests().get("model.after"));

      AuditReport.write(audit, folder);
      String secret = text(model, forget.get(0));
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files)
            .hasSize(6)
            .allSatisfy(file -> assertThat(file).content().doesNotContain(secret));
      }
    }
  }

  private static String text(TrainableCausalLm model, TokenSequence sequence) {
    return model.tokenizer().decode(sequence.ids()).strip();
  }
}
