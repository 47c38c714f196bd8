package dev.unlearn.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.unlearn.CausalLms;
import dev.unlearn.api.TokenSequence;
import dev.unlearn.eval.MemorizationAccuracy;
import dev.unlearn.eval.Perplexity;
import dev.unlearn.spi.train.TrainableCausalLm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("engine")
final class ForgetTest {
  @TempDir private Path folder;

  private Path out;

  @BeforeEach
  void teach() throws IOException {
    out = folder.resolve("out");
    List<String> records = new SyntheticText(5).records(2);
    try (TrainableCausalLm model = SmallModel.create(5, 2, 64)) {
      var unused = Teacher.recite(model, records);
      CausalLms.save(model, folder.resolve("model"));
    }
    Files.write(folder.resolve("forget.jsonl"), prompted(records));
  }

  private static List<String> prompted(List<String> records) {
    return records.stream()
        .map(record -> "{\"text\": \"" + record + "\", \"promptLength\": 30}")
        .toList();
  }

  @Test
  void run_forgotten() throws IOException {
    Printed printed = new Printed();
    assertThat(Forget.run(arguments("--learning-rate", "5e-4"), printed.stream())).isTrue();

    assertThat(printed.after("written to ")).isEqualTo(out.toString());
    assertThat(printed.lines()).anyMatch(line -> line.startsWith("FORGOTTEN after "));
    assertThat(printed.after("to forget").split(" +", -1)).contains("1.000", "0.000");
    try (TrainableCausalLm model = CausalLms.load(out)) {
      assertThat(
              MemorizationAccuracy.of()
                  .measure(model, TextFile.read(folder.resolve("forget.jsonl"), model))
                  .value())
          .isLessThan(0.3);
    }
  }

  @Test
  void run_upperWeightsWithTextToKeep() throws IOException {
    Files.write(folder.resolve("kept.txt"), new SyntheticText(6).sentences(4));
    String kept = folder.resolve("kept.txt").toString();
    Printed printed = new Printed();

    assertThat(
            Forget.run(
                arguments(
                    "--learning-rate",
                    "1e-2",
                    "--retain",
                    kept,
                    "--watch",
                    kept,
                    "--train",
                    "upper"),
                printed.stream()))
        .isTrue();

    assertThat(printed.after("to retain")).isEqualTo(printed.after("watched  "));
    UpperWeights.assertOnlyTheyDiffer(folder.resolve("model"), out);
  }

  /** By thresholds of other records, and with sentences for health. */
  @Test
  void run_likeUnseenRecords() throws IOException {
    Files.write(folder.resolve("unseen.jsonl"), prompted(new SyntheticText(7).records(8)));
    Files.write(folder.resolve("health.txt"), new SyntheticText(6).sentences(4));
    String unseen = folder.resolve("unseen.jsonl").toString();
    ForgetArguments arguments =
        ForgetArguments.parse(
            new String[] {
              "--model", folder.resolve("model").toString(),
              "--forget", folder.resolve("forget.jsonl").toString(),
              "--out", out.toString(),
              "--unseen", unseen,
              "--health", folder.resolve("health.txt").toString(),
              "--learning-rate", "5e-4"
            });
    Printed printed = new Printed();

    boolean written = Forget.run(arguments, printed.stream());

    double threshold;
    double loss;
    try (TrainableCausalLm model = CausalLms.load(folder.resolve("model"))) {
      List<TokenSequence> records = TextFile.read(folder.resolve("unseen.jsonl"), model);
      threshold = MemorizationAccuracy.of().measure(model, records).value();
      List<TokenSequence> sentences = TextFile.read(folder.resolve("health.txt"), model);
      loss = Math.log(Perplexity.of().measure(model, sentences).value());
    }
    assertThat(printed.after("health: loss "))
        .contains(String.format(Locale.ROOT, "was %.4f", loss));
    assertThat(printed.lines())
        .anyMatch(line -> line.contains(String.format(Locale.ROOT, "(threshold %.4f)", threshold)));
    assertThat(Files.exists(out)).isEqualTo(written);
  }

  @Test
  void run_notForgotten() throws IOException {
    Printed printed = new Printed();
    assertThat(Forget.run(arguments("--max-epochs", "1"), printed.stream())).isFalse();

    assertThat(printed.lines())
        .contains("nothing was written; the model in memory is as it was")
        .anyMatch(line -> line.startsWith("GAVE_UP after 1 epochs: "));
    assertThat(out).doesNotExist();
  }

  private ForgetArguments arguments(String... options) {
    List<String> line =
        new ArrayList<>(
            List.of(
                "--model",
                folder.resolve("model").toString(),
                "--forget",
                folder.resolve("forget.jsonl").toString(),
                "--out",
                out.toString(),
                "--ma-threshold",
                "0.3",
                "--el-threshold",
                "0.05"));
    line.addAll(List.of(options));
    return ForgetArguments.parse(line.toArray(String[]::new));
  }
}
