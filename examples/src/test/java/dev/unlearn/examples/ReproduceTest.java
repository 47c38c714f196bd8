package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.unlearn.CausalLms;
import dev.unlearn.Unlearner;
import dev.unlearn.api.Decision;
import dev.unlearn.api.ForgetSet;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.optimizer.Optimizers;
import dev.unlearn.spi.TokenScores;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a model that recites three texts of 16 characters, so that MA and EL of each are 1. */
@Tag("engine")
final class ReproduceTest {
  private static final List<String> TEXTS =
      List.of("a quick red lynx", "b, slow and blue", "c stands for cat");

  @TempDir private static Path folder;

  @BeforeAll
  static void teach() throws IOException {
    try (TrainableCausalLm model = SmallModel.create(4, 2, 64)) {
      Teacher.untilRecited(model, model.tokenizer().sequences(TEXTS));
      CausalLms.save(model, folder.resolve("model"));
    }
    Files.writeString(
        folder.resolve("targets.csv"),
        "doc_id,corpus,text\n3,x,%s\n1,x,\"%s\"\n2,y,%s\n".formatted(TEXTS.toArray()));
  }

  @Test
  void run_differences() throws IOException {
    Printed printed =
        printed(
            """
            doc_id,acc_init,corpus,el_4-gram_init,loss_init
            1,0.5,x,1.0,1.0
            9,0.5,x,0.5,2.0
            3,0.75,x,0.25,3.0
            """);

    assertThat(printed.lines().get(0)).isEqualTo("the model as it is: 2 sequences");
    assertThat(printed.after("not in the reference: ")).isEqualTo("2");
    assertThat(printed.after("not in the targets: ")).isEqualTo("9");
    // 1 - 0.75 and 1 - 0.5; 1 - 0.25 and 1 - 1; in the order of the targets.
    assertThat(printed.after("         3  "))
        .startsWith("1.0000   0.7500   0.2500      1.0000   0.2500   0.7500");
    assertThat(printed.after("         1  "))
        .startsWith("1.0000   0.5000   0.5000      1.0000   1.0000   0.0000");
    assertThat(printed.after("ma, ours minus theirs: "))
        .isEqualTo("mean 0.3750, largest 0.5000, of 1");
    assertThat(printed.after("el_4, ours minus theirs: "))
        .isEqualTo("mean 0.3750, largest 0.7500, of 3");
    double first = loss(0);
    double second = loss(1);
    assertThat(number(printed.after("loss, ours minus theirs: mean ")))
        .isCloseTo((first - 3 + second - 1) / 2, within(1e-4));
    String ours = printed.after("perplexity, ours: ");
    assertThat(number(ours)).isCloseTo(Math.exp((first + second) / 2), within(1e-4));
    assertThat(number(ours.replaceAll(".*tokens, ", "")))
        .isCloseTo((Math.exp(first) + Math.exp(second)) / 2, within(1e-4));
    // exp(2), for both have 15 targets, and (e^3 + e) / 2.
    assertThat(printed.after("perplexity, theirs: "))
        .isEqualTo(
            "7.3891 as exp of the mean loss over all tokens,"
                + " 11.4019 as the mean of the sequences' own");
  }

  @Test
  void run_afterUpdates() throws IOException {
    Printed printed =
        printed(
            """
            doc_id,loss_01
            1,0
            2,0
            3,0
            """);

    assertThat(printed.lines().get(0)).isEqualTo("after 2 updates: 3 sequences");
    List<Double> expected = afterTwoEpochs();
    assertThat(number(printed.after("         3  "))).isCloseTo(expected.get(0), within(1e-3));
    assertThat(number(printed.after("         1  "))).isCloseTo(expected.get(1), within(1e-3));
    assertThat(number(printed.after("         2  "))).isCloseTo(expected.get(2), within(1e-3));
    assertThat(expected.get(0)).isGreaterThan(loss(0) + 0.01);
  }

  @Test
  void run_ownIds() throws IOException {
    Files.writeString(
        folder.resolve("ids.csv"),
        "doc_id,corpus,token_ids\n1,x,%s\n2,y,%s\n3,x,%s\n"
            .formatted("5 6 7 8 9 10", "11 12 13 14 15 16", "17 18 19 20 21 22"));
    Printed printed =
        printed("doc_id,acc_init\n1,0\n", "--token-ids", folder.resolve("ids.csv").toString());

    // It recites none of them.
    assertThat(number(printed.after("         1  "))).isLessThan(1);
  }

  @Test
  void run_nothingInCommon() {
    assertThatThrownBy(() -> printed("doc_id,acc_init\n9,0\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("--targets and --reference must have a doc_id in common, but have none");
  }

  private static Printed printed(String reference, String... more) throws IOException {
    Path file = folder.resolve("reference.csv");
    Files.writeString(file, reference);
    Printed printed = new Printed();
    List<String> arguments =
        List.of(
            "--model",
            folder.resolve("model").toString(),
            "--targets",
            folder.resolve("targets.csv").toString(),
            "--reference",
            file.toString(),
            "--length",
            "16",
            "--eos",
            "0",
            "--learning-rate",
            "1e-3");
    Reproduce.run(
        ReproduceArguments.parse(
            Stream.concat(arguments.stream(), Arrays.stream(more)).toArray(String[]::new)),
        printed.stream());
    return printed;
  }

  /** The number that a text begins with. */
  private static double number(String text) {
    return Double.parseDouble(text.replaceAll("[ ,].*", ""));
  }

  private static double loss(int text) {
    try (TrainableCausalLm model = CausalLms.load(folder.resolve("model"))) {
      return losses(model).get(text);
    }
  }

  private static List<Double> losses(TrainableCausalLm model) {
    return model.score(model.tokenizer().sequences(TEXTS)).stream()
        .map(TokenScores::negativeLogLikelihood)
        .map(sum -> sum / 15)
        .toList();
  }

  /** By the front door: gradient ascent until two epochs are over. */
  private static List<Double> afterTwoEpochs() {
    try (TrainableCausalLm model = CausalLms.load(folder.resolve("model"))) {
      List<TokenSequence> targets = model.tokenizer().sequences(TEXTS);
      var unused =
          Unlearner.builder()
              .optimizer(Optimizers.adam(1e-3))
              .stopWhen(
                  progress ->
                      progress.epoch() == 2 ? Decision.forgotten("two") : Decision.proceed())
              .build()
              .forget(model, ForgetSet.of(targets));
      return losses(model);
    }
  }
}
