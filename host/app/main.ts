import './solsticeLive.ts';
