/**
 * Benchmarks, run by a {@link dev.unlearn.eval.task.TaskSuite}: what a model can do, before and
 * after something is removed from it. {@link dev.unlearn.eval.task.Benchmark} loads the public
 * ones, {@link dev.unlearn.eval.task.Task} is yours to implement.
 *
 * <p>Items are scored as EleutherAI's lm-evaluation-harness does, or as the authors of Jang et al.
 * (arXiv 2210.01504) did: {@link dev.unlearn.eval.task.Variant}.
 *
 * <p>A task of your own is a key, a title and items:
 *
 * <pre>{@code
 * record Capitals(List<TaskItem> items) implements Task {
 *   public String key() { return "capitals"; }
 *   public String title() { return "Capitals"; }
 * }
 * new Capitals(List.of(ChoiceItem.of("The capital of France is", List.of("Paris", "Rome"), 0)));
 * }</pre>
 *
 * <p>Results and cache files hold numbers and indices, never text. Reading CSV needs commons-csv on
 * the class path.
 */
@NullMarked
@CheckReturnValue
package dev.unlearn.eval.task;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
