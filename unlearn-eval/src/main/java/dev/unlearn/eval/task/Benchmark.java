package dev.unlearn.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.errorprone.annotations.Immutable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The public benchmarks of Jang et al. (arXiv 2210.01504), read from their own files, HuggingFace's
 * as JSON lines, or llm-foundry's. Which format a file has is told by its fields;
 * docs/benchmarks.md lists them. Blank lines are skipped.
 */
public enum Benchmark {
  /** Paperno et al., arXiv 1606.06031: the last word of a passage. */
  LAMBADA("lambada", "LAMBADA", LambadaItems::read),

  /** Zellers et al., arXiv 1905.07830: how a scene goes on. */
  HELLASWAG("hellaswag", "HellaSwag", HellaSwagItems::read),

  /** Sakaguchi et al., arXiv 1907.10641: who or what is meant. */
  WINOGRANDE("winogrande", "WinoGrande", WinoGrandeItems::read),

  /** Roemmele et al., Choice of Plausible Alternatives, AAAI Spring Symposium 2011. */
  COPA("copa", "COPA", CopaItems::read),

  /** Clark et al., arXiv 1803.05457, the easy set: science questions of school. */
  ARC_EASY("arc_easy", "ARC-Easy", QuestionItems::readArc),

  /** Clark et al., arXiv 1803.05457, the challenge set. */
  ARC_CHALLENGE("arc_challenge", "ARC-Challenge", QuestionItems::readArc),

  /** Bisk et al., arXiv 1911.11641: how to do something with things. */
  PIQA("piqa", "PIQA", QuestionItems::readPiqa),

  /** Amini et al., arXiv 1905.13319: word problems. */
  MATH_QA("mathqa", "MathQA", QuestionItems::readMathQa),

  /** Jin et al., arXiv 1909.06146: yes, no or maybe, from an abstract. */
  PUBMED_QA("pubmedqa", "PubMedQA", PubMedQaItems::read),

  /** Dinan et al., Wizard of Wikipedia, arXiv 1811.01241. */
  WIZARD_OF_WIKIPEDIA("wizard_of_wikipedia", "Wizard of Wikipedia", DialogueItems::read),

  /** Rashkin et al., Empathetic Dialogues, arXiv 1811.00207. */
  EMPATHETIC_DIALOGUES("empathetic_dialogues", "Empathetic Dialogues", DialogueItems::read),

  /** Smith et al., Blended Skill Talk, arXiv 2004.08449. */
  BLENDED_SKILL_TALK("blended_skill_talk", "Blended Skill Talk", DialogueItems::read),

  /** Komeili et al., Wizard of the Internet, arXiv 2107.07566. */
  WIZARD_OF_INTERNET("wizard_of_internet", "Wizard of the Internet", DialogueItems::read),

  /** Text of the Pile (Gao et al., arXiv 2101.00027), or any other. */
  PILE("pile", "Pile", TextItems::read),

  /** WikiText (Merity et al., arXiv 1609.07843), its spaces tidied as the harness does. */
  WIKITEXT("wikitext", "WikiText", TextItems::readWikiText);

  private final String key;
  private final String title;
  private final Reader reader;

  Benchmark(String key, String title, Reader reader) {
    this.key = key;
    this.title = title;
    this.reader = reader;
  }

  /** Makes the item of a row; empty if the variant leaves it out. */
  @Immutable
  interface Reader {
    Optional<? extends TaskItem> read(Row row, Variant variant);
  }

  /** Returns the short name: {@code "arc_easy"}. */
  public String key() {
    return key;
  }

  /** Returns the name for readers: {@code "ARC-Easy"}. */
  public String title() {
    return title;
  }

  /**
   * Returns the benchmark of a short name.
   *
   * @throws IllegalArgumentException if there is none, naming those there are
   */
  public static Benchmark named(String key) {
    return Arrays.stream(values())
        .filter(benchmark -> benchmark.key.equals(key))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(unknown(key)));
  }

  private static String unknown(String key) {
    return "No benchmark named '%s'; known: %s"
        .formatted(
            key, Arrays.stream(values()).map(Benchmark::key).collect(Collectors.joining(", ")));
  }

  /**
   * Reads the benchmark, scored as lm-evaluation-harness does; see {@link #load(Path, Variant)}.
   */
  public Task load(Path file) {
    return load(file, Variant.HARNESS);
  }

  /**
   * Reads the benchmark. A file with one bad item is refused as a whole.
   *
   * @throws IllegalArgumentException if there is no such file, it has no item, or something in it
   *     cannot be used; the message has file, line (in a single JSON value: entry) and reason, and
   *     quotes nothing
   * @throws dev.unlearn.api.UnlearningException if the file cannot be read
   */
  public Task load(Path file, Variant variant) {
    List<? extends TaskItem> items =
        Rows.read(file).stream()
            .map(row -> reader.read(row, variant))
            .flatMap(Optional::stream)
            .toList();
    checkArgument(!items.isEmpty(), "%s must have an item that the variant takes", file);
    return new Loaded(key, title, variant.key(), items);
  }

  private record Loaded(String key, String title, String variant, List<? extends TaskItem> items)
      implements Task {
    @Override
    public String toString() {
      return "%s (%s, items=%d)".formatted(key, variant, items.size());
    }
  }
}
