import { useTexts } from '../reader.ts';
import './skeleton.css';

/** Grey lines in the place of what is loading, so that nothing moves when it arrives. */
export function Skeleton({ lines = 3 }: { lines?: number }) {
  const { loading } = useTexts();
  return (
    <div className="skeleton" role="status">
      <span className="hidden">{loading}</span>
      {Array.from({ length: lines }, (_, n) => (
        <span key={n} className="skeleton-line" />
      ))}
    </div>
  );
}

/** The same for the whole page. */
export function FrameSkeleton() {
  const { product } = useTexts();
  return (
    <main className="skeleton-page">
      <h1 className="hidden">{product}</h1>
      <Skeleton lines={6} />
    </main>
  );
}
